// SPDX-License-Identifier: Apache-2.0
#include "sim/twins_schedule.hpp"

#include <algorithm>

namespace chopmark::sim {
namespace {

constexpr std::uint64_t kHalfBits = 18;  // 2^36 is more than all groups
constexpr std::uint64_t kHalfMask = (std::uint64_t{1} << kHalfBits) - 1;
constexpr std::size_t kPairs = (kSplits - kSameSplits) / 2;

Split swapped(const Split& split) noexcept {
  Split out = split;
  std::swap(out[0], out[1]);
  // Numbered anew in the order of appearance.
  std::array<std::uint8_t, kTwinProcesses> names{};
  names.fill(0xff);
  std::uint8_t next = 0;
  for (std::uint8_t& one : out) {
    if (names[one] == 0xff) names[one] = next++;
    one = names[one];
  }
  return out;
}

void enumerate(Split& split, std::size_t at, std::uint8_t groups, std::vector<Split>& out) {
  if (at == kTwinProcesses) {
    out.push_back(split);
    return;
  }
  for (std::uint8_t group = 0; group <= groups; ++group) {
    split[at] = group;
    enumerate(split, at + 1, static_cast<std::uint8_t>(std::max<int>(groups, group + 1)), out);
  }
}

/// The same ones, then the first of each pair, then the second of each pair in the same order.
std::vector<Split> ordered() {
  std::vector<Split> all;
  Split split{};
  enumerate(split, 1, 1, all);
  std::vector<Split> out;
  std::vector<Split> seconds;
  std::ranges::copy_if(all, std::back_inserter(out), same_when_swapped);
  for (const Split& one : all) {
    const Split other = swapped(one);
    if (!(one < other)) continue;
    out.push_back(one);
    seconds.push_back(other);
  }
  out.insert(out.end(), seconds.begin(), seconds.end());
  return out;
}

std::uint64_t scramble(std::uint64_t half, std::uint64_t round) noexcept {
  std::uint64_t z = half + 0x9e3779b97f4a7c15 * (round + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (z ^ (z >> 31)) & kHalfMask;
}

}  // namespace

bool same_when_swapped(const Split& split) noexcept {
  return swapped(split) == split;
}

const std::vector<Split>& splits() {
  static const std::vector<Split> all = ordered();
  return all;
}

TwinSchedules::TwinSchedules() {
  canonical_[0] = all_[0] = 1;
  for (std::size_t rounds = 1; rounds < kTwinRounds; ++rounds) {
    all_[rounds] = kSplits * all_[rounds - 1];
    // As long as all rounds look the same, the first that does not decides who is the first twin.
    canonical_[rounds] = kSameSplits * canonical_[rounds - 1] + kPairs * all_[rounds - 1];
  }
  groups_ = kTwinKeys * canonical_[kTwinRounds - 1];
}

/// A Feistel network of four rounds, walked until it is back in range: a permutation.
std::uint64_t TwinSchedules::scattered(std::uint64_t number) const noexcept {
  do {
    std::uint64_t left = number >> kHalfBits;
    std::uint64_t right = number & kHalfMask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next = left ^ scramble(right, round);
      left = right;
      right = next;
    }
    number = left << kHalfBits | right;
  } while (number >= groups_);
  return number;
}

TwinSchedule TwinSchedules::group(std::uint64_t number) const noexcept {
  std::uint64_t rest = scattered(number % groups_);
  TwinSchedule out;
  out.twin_key = static_cast<std::uint8_t>(rest % kTwinKeys);
  rest /= kTwinKeys;
  bool decided = false;
  for (std::size_t round = 0; round + 1 < kTwinRounds; ++round) {
    const std::size_t left = kTwinRounds - 2 - round;  // rounds after this one
    const std::uint64_t of_same = decided ? 0 : kSameSplits * canonical_[left];
    std::uint64_t split = 0;
    if (rest < of_same) {
      split = rest / canonical_[left];
      rest %= canonical_[left];
    } else {
      rest -= of_same;
      split = rest / all_[left] + (decided ? 0 : kSameSplits);
      rest %= all_[left];
      decided = true;
    }
    out.split[round] = static_cast<std::uint8_t>(split);
  }
  return out;
}

bool TwinSchedules::allows(const TwinSchedule& group, std::size_t last) noexcept {
  for (std::size_t round = 0; round + 1 < kTwinRounds; ++round)
    if (group.split[round] >= kSameSplits) return true;
  return last < kSameSplits + kPairs;
}

}  // namespace chopmark::sim
