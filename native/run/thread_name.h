// The name of the calling thread, which debuggers and process monitors display.
#pragma once

namespace run {

// At most 15 characters, Linux's limit.
void SetThreadName(const char* name) noexcept;

// As long as the object lives, the calling thread starts threads of this name: Linux's take over the name of
// the one that starts them.
class InheritedName {
 public:
  explicit InheritedName(const char* name) noexcept;
  ~InheritedName();
  InheritedName(const InheritedName&) = delete;
  InheritedName& operator=(const InheritedName&) = delete;

 private:
  char before_[16] = {};
};

}  // namespace run
