// sabre/verify/main.h: the program around the suites. Include it in exactly one file of a verify
// program: it defines main().
//
//   NAME                        runs every claim, every canary, and the order audit
//   --list                      names the models (of --model TEXT)
//   --model TEXT                only models whose name or algorithm contains TEXT
//   --search full|bound=N|random=N   instead of the searches of each claim
//   --seed N                    of random searches
//   --time SECONDS              budget of one claim (default 60); at most 5 of them again to shrink a
//                               failing execution
//   --deep                      20 times as many executions
//   --audit | --no-audit        only the audit | everything else
//   --weaken FILE:LINE[:WHAT]   run under one mutation; WHAT: acquire, release, failure (to drop), fence
//   --replay TOKEN              run one execution of the model that --model names, and print it; a
//                               failure prints the command with its token (sabre/verify/replay.h)
//   --history                   print a counterexample for every failure, predicted ones too
//   --json FILE                 write the table, and the counterexamples
//   --html FILE                 write a page to look at the counterexamples
//
// With SABRE_FULL in the environment, or --deep, every limit on executions is 20 times as high.
// Exit code: 0 if all passed, 1 if not, 2 for wrong arguments. The last line is "N passed, N failed"
// (of a replay: its result).
#ifndef SABRE_VERIFY_MAIN_H_
#define SABRE_VERIFY_MAIN_H_

#include "sabre/verify/model.h"

// Defined where another file of the program is main.
#ifndef SABRE_VERIFY_MAIN_ELSEWHERE

#include <filesystem>

#include "sabre/verify/arguments.h"
#include "sabre/verify/program.h"
#include "sabre/verify/source_text.h"

int main(int argc, char** argv) {
  const std::filesystem::path program = std::filesystem::absolute(argv[0]);
  sabre::verify::internal::ProgramFolder() = program.parent_path();
  return sabre::verify::internal::Program(sabre::verify::internal::Parse(argc, argv),
                                          program.filename().string(), argv[0])
      .Run();
}

#endif  // SABRE_VERIFY_MAIN_ELSEWHERE
#endif  // SABRE_VERIFY_MAIN_H_
