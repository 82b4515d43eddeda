// SPDX-License-Identifier: Apache-2.0
// How the network splits in each round of a twins scenario: every way once, and of two that differ
// only in which twin is called the first, one. Floor: sim.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace chopmark::sim {

/// The twins are the processes 0 and 1; the other three keys run once.
inline constexpr std::size_t kTwinProcesses = 5;
inline constexpr std::size_t kTwinKeys = 4;
inline constexpr std::size_t kTwinRounds = 7;
inline constexpr std::size_t kSplits = 52;      // ways to split five (the fifth Bell number)
inline constexpr std::size_t kSameSplits = 20;  // that look the same when the twins change places

/// Group of each process; the numbers of groups appear in ascending order.
using Split = std::array<std::uint8_t, kTwinProcesses>;

[[nodiscard]] const std::vector<Split>& splits();  // all 52, the same ones (20) first
[[nodiscard]] bool same_when_swapped(const Split& split) noexcept;

struct TwinSchedule {
  std::uint8_t twin_key = 0;
  std::array<std::uint8_t, kTwinRounds> split{};  // indexes of splits()
  friend bool operator==(const TwinSchedule&, const TwinSchedule&) = default;
};

/// Schedules come in groups of 52 that differ in the last round alone, so that a group shares the
/// rounds before; groups come in an order that looks random. A few of a group may be missing: they
/// are others with the twins swapped.
class TwinSchedules {
 public:
  TwinSchedules();
  [[nodiscard]] std::uint64_t groups() const noexcept { return groups_; }
  /// All but the last round.
  [[nodiscard]] TwinSchedule group(std::uint64_t number) const noexcept;
  /// Whether the last round may split so.
  [[nodiscard]] static bool allows(const TwinSchedule& group, std::size_t last) noexcept;

 private:
  [[nodiscard]] std::uint64_t scattered(std::uint64_t number) const noexcept;
  std::array<std::uint64_t, kTwinRounds> canonical_{};  // schedules of so many rounds
  std::array<std::uint64_t, kTwinRounds> all_{};
  std::uint64_t groups_ = 0;
};

}  // namespace chopmark::sim
