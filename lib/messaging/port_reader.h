// lib/messaging/port_reader.h: who receives from a port in the place of its owner's calls.
#ifndef SABRE_LIB_MESSAGING_PORT_READER_H_
#define SABRE_LIB_MESSAGING_PORT_READER_H_

namespace sabre::internal {

// PortReader
//
// Thread-safety: the owner's thread of the port.
class PortReader {
 public:
  // As "a pending Next".
  virtual const char* what() const = 0;
  // The port gets a message handler: this one receives nothing more. The port does not know it any more.
  virtual void Supersede() = 0;

 protected:
  ~PortReader() = default;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_READER_H_
