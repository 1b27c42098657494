# zig's clang brings the C and C++ libraries of each platform along, so one machine builds for all of them. What is built for comes by
# the environment: CMake reads this file again for each of its own trials, which are not told the command's options.
set(CMAKE_SYSTEM_NAME $ENV{ZIG_SYSTEM})
set(CMAKE_SYSTEM_PROCESSOR $ENV{ZIG_PROCESSOR})
set(CMAKE_CXX_COMPILER $ENV{ZIG} c++ -target $ENV{ZIG_TARGET})

# Stripped by the linker: macOS's signature is the linker's too, and would not outlive strip.
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-s")
if(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
  # Node-API's functions are the program's that loads the addon.
  string(APPEND CMAKE_SHARED_LINKER_FLAGS_INIT " -Wl,-undefined,dynamic_lookup")
  # CMake insists on one, and uses it to install only.
  set(CMAKE_INSTALL_NAME_TOOL "${CMAKE_COMMAND}" CACHE FILEPATH "")
  set(CMAKE_OSX_SYSROOT "" CACHE PATH "")
endif()
