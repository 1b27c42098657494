// A job's work throws; the job keeps the error for whoever waits for it.
#pragma once

#include <optional>

#include "ort/error.h"

template <typename Body>
void CatchInto(std::optional<ort::Error>& error, Body body) noexcept {
  try {
    body();
  } catch (const ort::Error& thrown) {
    error = thrown;
  } catch (const std::exception& thrown) {
    error.emplace("ERR_INTERNAL", thrown.what());
  }
}
