// The handler of the process's exit.
#pragma once

#ifndef _WIN32
// Has `handler` run at exit before whatever was registered before this call. The calls have one handler,
// which runs once. Any thread.
void RunFirstAtExit(void (*handler)()) noexcept;
#endif
