// SPDX-License-Identifier: Apache-2.0
#include "sim/observer.hpp"

#include "sim/checks/checker.hpp"

namespace chopmark::sim {

struct Observer::State : checks::Checker {
  using Checker::Checker;
};

Observer::Observer(const Setup& setup, Verify verify)
    : state_(std::make_unique<State>(setup, verify)) {}
Observer::~Observer() = default;

void Observer::at(std::uint64_t time_us) noexcept {
  state_->at(time_us);
}

void Observer::persisted(std::size_t node, std::uint64_t seq, ByteView record) {
  state_->persisted(node, seq, record);
}
void Observer::durable(std::size_t node, std::uint64_t seq) {
  state_->durable(node, seq);
}
void Observer::checkpointed(std::size_t node, ByteView log) {
  state_->checkpointed(node, log);
}
void Observer::sent(std::size_t node, std::uint16_t link, ByteView message) {
  state_->sent(node, link, message);
}
void Observer::delivered(std::size_t node, ByteView body) {
  state_->delivered(node, body);
}
void Observer::epoch_ended(std::size_t node, ByteView body) {
  state_->epoch_ended(node, body);
}
void Observer::accused(std::size_t node, ByteView evidence) {
  state_->accused(node, evidence);
}
void Observer::judged(std::size_t node, ByteView header, bool ok) {
  state_->judged(node, header, ok);
}
void Observer::crashed(std::size_t node) {
  state_->crashed(node);
}
void Observer::restarted(std::size_t node, bool amnesic, std::uint64_t final_height) {
  state_->restarted(node, amnesic, final_height);
}
void Observer::forgave(std::size_t node) {
  state_->forgave(node);
}
void Observer::stepped(std::size_t node, std::size_t held_bytes, std::size_t effect_bytes) {
  state_->stepped(node, held_bytes, effect_bytes);
}

const std::vector<Violation>& Observer::violations() const noexcept {
  return state_->violations();
}
std::uint64_t Observer::final_height() const noexcept {
  return state_->final_height();
}

}  // namespace chopmark::sim
