// tests/interop/node_process.h: Node at the other end of a pipe.
#ifndef SABRE_TESTS_INTEROP_NODE_PROCESS_H_
#define SABRE_TESTS_INTEROP_NODE_PROCESS_H_

#include <sys/types.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace interop {

// NodeProcess
//
// One process that answers line by line, as peer.js says, for as long as the object lives: starting
// Node takes longer than a hundred answers.
class NodeProcess {
 public:
  // Null if there is no such program.
  static std::unique_ptr<NodeProcess> Start(const std::string& node, const std::string& script);
  ~NodeProcess();
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  // The fields of the answer to a command of these fields. "error" if Node has died.
  std::vector<std::string> Ask(const std::vector<std::string>& fields);

 private:
  NodeProcess(pid_t child, std::FILE* to, std::FILE* from) : child_(child), to_(to), from_(from) {}

  const pid_t child_;
  std::FILE* const to_;
  std::FILE* const from_;
};

}  // namespace interop

#endif  // SABRE_TESTS_INTEROP_NODE_PROCESS_H_
