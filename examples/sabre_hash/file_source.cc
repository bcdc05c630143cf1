#include "examples/sabre_hash/file_source.h"

#include <cerrno>
#include <system_error>

#include "examples/sabre_hash/file_name.h"

namespace sabre_hash {
namespace {

std::string ReasonOf(int error) {
  switch (error) {
    // What these mean for a file that was a regular one a moment ago.
    case EINVAL:
      return "Not a regular file";
    case ELOOP:
      return "Is a symbolic link, or has too many on its way";
    case ENOTSUP:
      return "Hashing failed in OpenSSL, or it has no SHA-256";
    default:
      return std::generic_category().message(error);
  }
}

}  // namespace

void FileSource::Warn(std::string_view text) {
  messages_.append("sabre-hash: ").append(text) += '\n';
}

void FileSource::Complain(std::string_view name, int error) {
  Warn(Printable(name) + ": " + ReasonOf(error));
  AddError();
}

}  // namespace sabre_hash
