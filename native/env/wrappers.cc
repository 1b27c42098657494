#include "wrappers.h"

#include <algorithm>

WrapperLink::~WrapperLink() {
  previous_->next_ = next_;
  next_->previous_ = previous_;
}

void Wrappers::Add(Napi::Env env, WrapperLink& wrapper) {
  if (++added_ >= limit_) {
    limit_ = std::max(kLeast, DeleteCollected(env) / 2);
    added_ = 0;
  }
  wrapper.previous_ = head_.previous_;
  wrapper.next_ = &head_;
  head_.previous_->next_ = &wrapper;
  head_.previous_ = &wrapper;
}

size_t Wrappers::DeleteCollected(Napi::Env env) {
  const Napi::HandleScope scope(env);
  size_t remaining = 0;
  for (WrapperLink* link = head_.next_; link != &head_;) {
    WrapperLink* const wrapper = link;
    link = link->next_;
    if (wrapper->Collected()) {
      wrapper->Delete(env);
    } else {
      ++remaining;
    }
  }
  return remaining;
}
