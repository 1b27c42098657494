# zig's clang brings the C and C++ libraries of each platform, so one machine builds for all. The target comes from the
# environment: CMake reads this file again for each of its trials, without the command's options.
set(CMAKE_SYSTEM_NAME $ENV{ZIG_SYSTEM})
set(CMAKE_SYSTEM_PROCESSOR $ENV{ZIG_PROCESSOR})
set(CMAKE_CXX_COMPILER $ENV{ZIG} c++ -target $ENV{ZIG_TARGET})

# The linker strips: it also makes macOS's signature, which strip would invalidate.
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")
if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  # The program that loads the addon has Node-API's functions.
  string(APPEND CMAKE_SHARED_LINKER_FLAGS_INIT " -Wl,-undefined,dynamic_lookup")
  # CMake requires one, and uses it only to install.
  set(CMAKE_INSTALL_NAME_TOOL "${CMAKE_COMMAND}" CACHE FILEPATH "")
  set(CMAKE_OSX_SYSROOT "" CACHE PATH "")
endif()
