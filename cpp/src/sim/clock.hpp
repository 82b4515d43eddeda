// SPDX-License-Identifier: Apache-2.0
// A node's idea of time: its monotonic clock runs too fast or too slow and never steps back, its
// time of day is wrong and jumps. Floor: sim.
#pragma once

#include <cstdint>

namespace chopmark::sim {

class Clock {
 public:
  static constexpr std::uint64_t kTrueRate = 1'000'000;

  /// From `now_us` on the monotonic clock makes `rate` microseconds in a second.
  void set_rate(std::uint64_t now_us, std::uint64_t rate) noexcept {
    local_us_ = local(now_us);
    since_us_ = now_us;
    rate_ = rate;
  }
  /// The machine was started anew: the monotonic clock begins somewhere.
  void reboot(std::uint64_t now_us, std::uint64_t local_us) noexcept {
    since_us_ = now_us;
    local_us_ = local_us;
  }
  void set_day_offset(std::int64_t ms) noexcept { day_offset_ms_ = ms; }

  [[nodiscard]] std::uint64_t mono_ms(std::uint64_t now_us) const noexcept {
    return local(now_us) / 1000;
  }
  [[nodiscard]] std::uint64_t day_ms(std::uint64_t now_us) const noexcept {
    const auto true_ms = static_cast<std::int64_t>(kDayStart_ms + now_us / 1000);
    return static_cast<std::uint64_t>(true_ms + day_offset_ms_);
  }
  /// The first moment at which the monotonic clock shows `mono_ms`; `now_us` if it does already.
  [[nodiscard]] std::uint64_t when(std::uint64_t now_us, std::uint64_t mono_ms) const noexcept {
    constexpr std::uint64_t far_ms = 1'000'000'000'000;
    const std::uint64_t target_us = (mono_ms < far_ms ? mono_ms : far_ms) * 1000;
    if (target_us <= local(now_us)) return now_us;
    const auto wait = static_cast<unsigned __int128>(target_us - local_us_) * kTrueRate + rate_ - 1;
    return since_us_ + static_cast<std::uint64_t>(wait / rate_);
  }

  static constexpr std::uint64_t kDayStart_ms = 1'700'000'000'000;

 private:
  [[nodiscard]] std::uint64_t local(std::uint64_t now_us) const noexcept {
    const auto ran = static_cast<unsigned __int128>(now_us - since_us_) * rate_;
    return local_us_ + static_cast<std::uint64_t>(ran / kTrueRate);
  }

  std::uint64_t since_us_ = 0;
  std::uint64_t local_us_ = 0;
  std::uint64_t rate_ = kTrueRate;
  std::int64_t day_offset_ms_ = 0;
};

}  // namespace chopmark::sim
