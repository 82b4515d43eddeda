// SPDX-License-Identifier: Apache-2.0
#include "sim/twins.hpp"

#include <algorithm>
#include <optional>

#include "consensus/replica.hpp"
#include "hash/sha256.hpp"
#include "sim/frames.hpp"
#include "sim/scheme.hpp"
#include "sim/twins_judge.hpp"
#include "sim/twins_schedule.hpp"

namespace chopmark::sim {
namespace {

constexpr std::size_t kWhatMax = 16;
constexpr int kTurnsMax = 200;  // of all inboxes in one instant; a row that does not end is a bug

consensus::Config config_of(std::size_t key) {
  consensus::Config config;
  config.chain_id.fill(0x77);
  for (std::size_t i = 0; i < kTwinKeys; ++i)
    config.validators.push_back(node_key(i));
  config.own_key = node_key(key);
  config.genesis_time_ms = 1'000'000;
  config.delta_ms = 10;
  config.build_ms = 10;
  config.standstill_ms = 60;
  config.payload_bytes_max = 1024;
  return config;
}

struct Process {
  explicit Process(std::size_t the_key) : replica(config_of(the_key)), key(the_key) {}
  consensus::Replica replica;
  std::size_t key;
  std::uint64_t timer = 0;
  bool pending = false;
};

/// Five replicas between two instants.
struct Scene {
  explicit Scene(std::size_t the_twin_key) : twin_key(the_twin_key) {
    processes.emplace_back(twin_key);
    processes.emplace_back(twin_key);
    for (std::size_t key = 0; key < kTwinKeys; ++key)
      if (key != twin_key) processes.emplace_back(key);
  }
  std::size_t twin_key;
  std::vector<Process> processes;
  std::uint64_t mono_ms = 0;
  TwinsJudge judge;
  const char* fault = nullptr;
};

class Stage {
 public:
  /// One round: the split holds, the clock moves on in three strides, and whatever can arrive does.
  void play(Scene& scene, const Split& split) {
    scene_ = &scene;
    split_ = &split;
    // Past the repetition of what the split before kept back; past t_L; past t_V.
    for (const std::uint32_t stride : {10U, 40U, 50U}) {
      scene.mono_ms += stride;
      for (std::size_t i = 0; i < kTwinProcesses; ++i)
        wake(i, stride == 10);
      settle();
    }
  }

 private:
  void wake(std::size_t i, bool new_round) {
    Process& process = scene_->processes[i];
    const bool asks = new_round && !process.pending;
    if (!asks && process.timer > scene_->mono_ms) return;
    FrameWriter(inbox_[i], EventKind::tick).u64(scene_->mono_ms).u64(1'000'000 + scene_->mono_ms);
    if (!asks) return;
    process.pending = true;
    FrameWriter(inbox_[i], EventKind::pending).u32(1);
  }

  void settle() {
    for (int turns = 0; turns < kTurnsMax; ++turns) {
      bool quiet = true;
      for (std::size_t i = 0; i < kTwinProcesses; ++i) {
        events_.swap(inbox_[i]);
        inbox_[i].clear();
        batch_[i].swap(events_);
        events_.clear();
        quiet &= batch_[i].empty();
      }
      if (quiet) return;
      for (std::size_t i = 0; i < kTwinProcesses; ++i) {
        if (!batch_[i].empty()) step(i);
        batch_[i].clear();
      }
    }
    scene_->fault = "messages without end";
    for (Bytes& one : inbox_)
      one.clear();
  }

  void step(std::size_t i) {
    const Result<bool> done = scene_->processes[i].replica.step(batch_[i], effects_);
    if (!done) {
      scene_->fault = "refused events";
      return;
    }
    durable_ = 0;
    Cursor effects{effects_};
    while (!effects.done()) {
      const EffectFrame one = next_effect(effects);
      act(i, one.kind, one.body);
    }
    if (durable_ != 0) FrameWriter(inbox_[i], EventKind::durable).u64(durable_);
  }

  void act(std::size_t i, EffectKind kind, ByteView body) {
    Process& process = scene_->processes[i];
    switch (kind) {
      case EffectKind::verify_votes: {
        // Nobody forges here.
        const std::uint32_t count = load_be<std::uint32_t>(body.data() + 8);
        ones_.resize(std::max<std::size_t>(ones_.size(), count), 1);
        FrameWriter(inbox_[i], EventKind::votes_verified)
            .bytes(body.first(8))
            .bytes(ByteView(ones_).first(count));
        return;
      }
      case EffectKind::sign:
        FrameWriter(inbox_[i], EventKind::sign_done)
            .bytes(body.first(8))
            .bytes(sign(node_key(process.key), body.subspan(8)));
        return;
      case EffectKind::persist:
        durable_ = load_be<std::uint64_t>(body.data());
        return;
      case EffectKind::send:
        return send(i, load_be<std::uint16_t>(body.data()), body.subspan(2));
      case EffectKind::set_timer:
        process.timer = load_be<std::uint64_t>(body.data());
        return;
      case EffectKind::build:
        return build(i, body);
      case EffectKind::certify:
        FrameWriter(inbox_[i], EventKind::certified).bytes(body.first(32)).u8(1).u8(0);
        return;
      case EffectKind::deliver:
        return deliver(i, body);
      case EffectKind::evidence:
        if (load_be<std::uint16_t>(body.data() + 1) != scene_->twin_key)
          scene_->fault = "an honest one accused";
        return;
      case EffectKind::serve:
      case EffectKind::epoch:
        return;
    }
  }

  /// Twins build different blocks: each has a log root of its own.
  void build(std::size_t i, ByteView body) {
    const ByteView request = body.first(8);
    const ByteView parent = body.subspan(8, 32);
    const std::uint64_t height = load_be<std::uint64_t>(body.data() + 40);
    Digest log_root{};
    log_root[0] = static_cast<std::uint8_t>(i);
    constexpr std::array<std::uint8_t, 4> kNothing = {};
    FrameWriter(inbox_[i], EventKind::built)
        .bytes(request)
        .bytes(parent)
        .u64(height - 1)
        .bytes(log_root)
        .u8(0)
        .bytes(kNothing);
  }

  void deliver(std::size_t i, ByteView body) {
    const auto height = load_be<std::uint64_t>(body.data());
    const char* const fault =
        scene_->judge.delivered(height, load_be<std::uint64_t>(body.data() + 8));
    if (fault != nullptr) scene_->fault = fault;
    Process& process = scene_->processes[i];
    FrameWriter(inbox_[i], EventKind::stored).u64(height);
    if (!process.pending) return;
    process.pending = false;
    FrameWriter(inbox_[i], EventKind::pending).u32(0);
  }

  void send(std::size_t i, std::uint16_t link, ByteView message) {
    const std::size_t from = scene_->processes[i].key;
    note(from, message);
    for (std::size_t to = 0; to < kTwinProcesses; ++to) {
      const std::size_t key = scene_->processes[to].key;
      if (key == from || (*split_)[to] != (*split_)[i]) continue;
      if (link != consensus::kEveryone && link != key) continue;
      FrameWriter(inbox_[to], EventKind::message)
          .u16(static_cast<std::uint16_t>(from))
          .bytes(message);
    }
  }

  void note(std::size_t from, ByteView message) {
    const char* fault = nullptr;
    const bool honest = from != scene_->twin_key;
    if (message[0] == 0x51) {
      const std::uint64_t digest =
          message[1] == 0x11 ? 0 : load_be<std::uint64_t>(message.data() + 20);
      fault = scene_->judge.voted(message[1], load_be<std::uint64_t>(message.data() + 12), digest,
                                  from, honest);
    } else if (message[0] == 0x50) {
      const Digest digest = sha256(message.subspan(1, 284));
      fault = scene_->judge.voted(0x10, load_be<std::uint64_t>(message.data() + 43),
                                  load_be<std::uint64_t>(digest.data()), from, honest);
    }
    if (fault != nullptr) scene_->fault = fault;
  }

  Scene* scene_ = nullptr;
  const Split* split_ = nullptr;
  std::array<Bytes, kTwinProcesses> inbox_;
  std::array<Bytes, kTwinProcesses> batch_;
  Bytes events_;
  Bytes effects_;
  Bytes ones_;
  std::uint64_t durable_ = 0;
};

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) noexcept {
  const auto product = static_cast<unsigned __int128>(state ^ word) * 0x9e3779b97f4a7c15;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_of(const Scene& scene, std::uint64_t number) {
  std::uint64_t hash = mixed(number, 0x243f6a8885a308d3);
  for (const Process& one : scene.processes)
    hash = mixed(hash, one.replica.view() << 16 | one.replica.last_final().height);
  for (std::uint64_t height = 1; height <= scene.judge.highest(); ++height)
    hash = mixed(hash, scene.judge.final_at(height));
  return hash;
}

}  // namespace

TwinsResult run_twins(std::uint64_t first, std::uint64_t count) {
  const TwinSchedules schedules;
  TwinsResult result;
  Stage stage;
  std::optional<Scene> before;  // all rounds but the last
  TwinSchedule schedule;
  for (std::uint64_t number = first; number < first + count; ++number) {
    const std::size_t last = number % kSplits;
    if (!before || last == 0) {
      schedule = schedules.group(number / kSplits);
      before.emplace(schedule.twin_key);
      for (std::size_t round = 0; round + 1 < kTwinRounds; ++round)
        stage.play(*before, splits()[schedule.split[round]]);
    }
    if (!TwinSchedules::allows(schedule, last)) continue;
    Scene scene = *before;
    stage.play(scene, splits()[last]);
    ++result.scenarios;
    result.blocks += scene.judge.highest();
    result.hash += hash_of(scene, number);  // a sum, so that ranges can be added up
    if (scene.fault == nullptr) continue;
    ++result.violations;
    if (result.what.size() < kWhatMax)
      result.what.push_back("scenario " + std::to_string(number) + ": " + scene.fault);
  }
  return result;
}

}  // namespace chopmark::sim
