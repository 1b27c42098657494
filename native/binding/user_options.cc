#include "user_options.h"

#include "session/options.h"
#include "session/session.h"

Napi::Function UserOptions::Define(Napi::Env env) { return DefineClass(env, kName, {}); }

// new RunOptions(session, settings: RunSettings)
UserOptions::UserOptions(const Napi::CallbackInfo& info) : Wrapped(info) {
  const auto& session = Session::State(info[0]);
  session->CheckOpen();
  const auto settings = info[1].As<Napi::Object>();
  options_ = std::make_shared<BindingOptions>(
      session->device, session->graphs, [&] { return ToRunOptions(settings); }, ShrinksArena(settings));
}
