#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace sluice::test {

/// Sets a variable of this process's environment until it goes out of scope.
class environment_variable {
public:
  environment_variable(const char* name, const char* value) : name_{name} {
    if (const char* before = ::getenv(name))
      before_ = before;
    ::setenv(name, value, 1);
  }
  ~environment_variable() {
    if (before_)
      ::setenv(name_, before_->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  environment_variable(const environment_variable&) = delete;
  environment_variable& operator=(const environment_variable&) = delete;

private:
  const char* name_;
  std::optional<std::string> before_;
};

} // namespace sluice::test
