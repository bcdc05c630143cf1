// tests/interop/node_process.cc
#include "tests/interop/node_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

extern char** environ;

namespace interop {

std::unique_ptr<NodeProcess> NodeProcess::Start(const std::string& node,
                                                const std::string& script) {
  std::signal(SIGPIPE, SIG_IGN);  // a Node that has died is noticed by its answer
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) return nullptr;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
  std::string program = node, argument = script;
  char* const arguments[] = {program.data(), argument.data(), nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, node.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(to[0]);
  close(from[1]);
  if (error != 0) {
    close(to[1]);
    close(from[0]);
    return nullptr;
  }
  return std::unique_ptr<NodeProcess>(
      new NodeProcess(child, fdopen(to[1], "w"), fdopen(from[0], "r")));
}

NodeProcess::~NodeProcess() {
  std::fclose(to_);  // the end of its input ends it
  std::fclose(from_);
  waitpid(child_, nullptr, 0);
}

std::vector<std::string> NodeProcess::Ask(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : "\t") + field;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), to_);
  std::fflush(to_);
  char* text = nullptr;
  std::size_t capacity = 0;
  const ssize_t length = getline(&text, &capacity, from_);
  std::vector<std::string> answer(1);
  for (ssize_t i = 0; i + 1 < length; ++i) {  // without the end of the line
    if (text[i] == '\t') {
      answer.emplace_back();
    } else {
      answer.back() += text[i];
    }
  }
  std::free(text);
  if (length <= 0) return {"error", "Node has ended"};
  return answer;
}

}  // namespace interop
