// The commands that the benchmark measures, as child processes.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support.h"

namespace bench {

// Its standard output goes nowhere.
inline pid_t start_command(const std::vector<std::string>& command) {
  const pid_t child = fork();
  if (child < 0) give_up_with_errno("cannot fork");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // Nothing stays behind when the run is broken off.
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(nothing, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const std::string& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  give_up_with_errno("cannot start '" + command[0] + "'");
}

}  // namespace bench
