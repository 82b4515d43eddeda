// SPDX-License-Identifier: Apache-2.0
// Pool::admit, select and remove_final (L-60 to L-64) beside a model of them. An input is a script
// over a fixed set of signed transactions, some of which may never stand in a block.
#include "pool/pool.hpp"

#include <map>
#include <optional>

#include "harness/target.hpp"
#include "hash/sha256.hpp"
#include "ledger/scene.hpp"

namespace chopmark::fuzz {
namespace {

using ledger::Refusal;

struct Signed {
  Bytes bytes;
  Digest id{};
  std::uint32_t submitter = 0;
  std::uint64_t valid_until = 0;
  bool refused = false;  // by L-12
};

Signed signed_transaction(test::Draft draft) {
  Signed out;
  out.bytes = draft.body();
  out.id = sha256(out.bytes);
  out.submitter = draft.signers[0].member;
  out.valid_until = draft.valid_until;
  const auto payload = signing_payload(out.id);
  for (const SignerRef& ref : draft.signers) {
    const std::size_t number = 2 * (ref.member - 1) + ref.key - 1;
    append(out.bytes, signer(number % kKeyNumbers).sign(payload));
    out.refused = out.refused || ref.member > kMembers || ref.key > 2;
  }
  out.refused = out.refused || draft.chain_id != genesis().chain_id;
  return out;
}

/// Of all submitters, short and long, for few blocks and many.
const std::vector<Signed>& all_signed() {
  static const std::vector<Signed> all = [] {
    std::vector<Signed> made;
    for (std::uint32_t i = 0; i < 48; ++i) {
      test::Draft draft;
      draft.chain_id = genesis().chain_id;
      draft.field = kField;
      draft.salt = i;
      draft.signers = {{1 + i * i % kMembers, 1 + i % 2}};
      if (i % 5 == 4) draft.signers.push_back({1 + (draft.signers[0].member % kMembers), 1});
      constexpr std::uint64_t until[] = {2, 3, 5, 1024, 1025, 1026, 1100};
      draft.valid_until = until[i % std::size(until)];
      const Bytes body = test::create_operation(name(1, i));
      draft.operations.assign(1 + i % 3, {3, 0, body});
      if (i == 40) draft.chain_id[0] ^= 1;
      if (i == 41) draft.signers[0].key = 3;
      if (i == 42) draft.signers[0].member = 9;
      made.push_back(signed_transaction(std::move(draft)));
    }
    return made;
  }();
  return all;
}

class Play {
 public:
  explicit Play(ByteView input) : choices_(input), ledger_(genesis()) {
    tip_ = ledger_.final_digest();
  }

  void run() {
    for (std::size_t steps = 0; choices_.any() && steps < 24; ++steps)
      act();
  }

 private:
  struct Item {
    const Signed* from;
    bool damaged;
    Bytes bytes;
  };

  void act() {
    switch (choices_.below(8)) {
      case 0:
        return check_selection(tip_, height_ + 1, choices_.u16() % 4096);
      case 1:
        return check_selection(ledger_.final_digest(), ledger_.final_height() + choices_.byte(),
                               limits::kPayloadBytesMax);
      case 2:
        return extend();
      case 3:
        return finalize();
      case 4:
        return admit_raw();
      default:
        return admit();
    }
  }

  [[nodiscard]] Item item() {
    const std::vector<Signed>& all = all_signed();
    Item out{&all[choices_.below(all.size())], false, {}};
    out.bytes = out.from->bytes;
    const std::uint8_t change = choices_.byte();
    if (change >= 224) {
      out.damaged = true;
      out.bytes[out.bytes.size() - 1 - change % 32] ^= 0x10;  // the end of a signature
    }
    return out;
  }

  void admit() {
    std::vector<Item> items;
    for (std::size_t count = choices_.below(6); count > 0; --count)
      items.push_back(item());
    std::vector<ByteView> views;
    for (const Item& one : items)
      views.emplace_back(one.bytes);
    const auto counts = pool_.admit(ledger_, encode_payload(views), 1);
    REQUIRE(counts);
    const pool::Admission wanted = model_admit(items);
    REQUIRE(counts->admitted == wanted.admitted && counts->duplicate == wanted.duplicate);
    REQUIRE(counts->refused == wanted.refused && counts->full == wanted.full);
    check_size();
  }

  /// L-61. What this payload has brought already is known too.
  pool::Admission model_admit(const std::vector<Item>& items) {
    pool::Admission out;
    const std::uint64_t height = ledger_.final_height() + 1;
    for (const Item& one : items) {
      const Signed& of = *one.from;
      const bool in_time = height <= of.valid_until && of.valid_until <= height + 1024;
      if (of.refused || !in_time) {
        ++out.refused;
      } else if (arrival_.contains(of.id) || ledger_.find_final(of.id) != nullptr) {
        ++out.duplicate;
      } else if (one.damaged) {
        ++out.refused;
      } else {
        ++out.admitted;
        arrival_[of.id] = waiting_.size();
        waiting_.emplace_back(&of);
      }
    }
    return out;
  }

  void admit_raw() {
    const ByteView raw = choices_.bytes(choices_.byte());
    const std::size_t before = pool_.size();
    const auto counts = pool_.admit(ledger_, raw, 1);
    REQUIRE(counts.has_value() == parse_payload(raw).has_value());
    if (counts) REQUIRE(counts->admitted == 0 && counts->full == 0);
    REQUIRE(pool_.size() == before);
  }

  void check_size() const {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const auto& one : waiting_) {
      if (one == nullptr) continue;
      ++count;
      bytes += one->bytes.size();
    }
    REQUIRE(pool_.size() == count && pool_.bytes() == bytes);
  }

  /// L-63, round by round.
  [[nodiscard]] Bytes model_select(const Digest& parent, std::uint64_t height,
                                   std::size_t bytes_max) const {
    std::vector<ByteView> chosen;
    std::size_t size = 4;
    for (std::size_t round = 0; round < waiting_.size(); ++round) {
      std::map<std::uint32_t, std::size_t> seen;
      for (const Signed* one : waiting_) {
        if (one == nullptr || seen[one->submitter]++ != round) continue;
        const bool in_time = height <= one->valid_until && one->valid_until <= height + 1024;
        if (!in_time || ledger_.contains(one->id, parent)) continue;
        size += 4 + one->bytes.size();
        if (size > bytes_max) return encode_payload(chosen);
        chosen.emplace_back(one->bytes);
      }
    }
    return encode_payload(chosen);
  }

  void check_selection(const Digest& parent, std::uint64_t height, std::size_t bytes_max) const {
    const Bytes selected = pool_.select(ledger_, parent, height, bytes_max);
    REQUIRE(selected == model_select(parent, height, bytes_max));
  }

  /// A block of what the pool has, whose signatures nobody looks at again.
  void extend() {
    const Bytes payload = pool_.select(ledger_, tip_, height_ + 1, 400 + choices_.u16() % 8192);
    const ledger::Roots roots = *ledger_.roots(tip_);
    Header header;
    header.chain_id = ledger_.chain_id();
    header.view = ++view_;
    header.height = height_ + 1;
    header.parent_digest = tip_;
    header.time_ms = kGenesisTime + header.height;
    header.state_root = roots.state_root;
    header.log_size = roots.log_size;
    header.log_root = roots.log_root;
    header.payload_root = sha256(payload);
    header.payload_len = static_cast<std::uint32_t>(payload.size());
    Bytes block = encode_header(header);
    append(block, payload);
    const ledger::Verdict verdict = ledger_.validate_block(block, {&pool_, 1, nullptr});
    REQUIRE(verdict.refusal == Refusal::none);
    tip_ = verdict.digest;
    ++height_;
  }

  void finalize() {
    REQUIRE(ledger_.finalize(tip_));
    std::size_t gone = 0;
    for (const Signed*& one : waiting_) {
      if (one == nullptr) continue;
      const bool stays =
          ledger_.find_final(one->id) == nullptr && one->valid_until > ledger_.final_height();
      if (stays) continue;
      arrival_.erase(one->id);
      one = nullptr;
      ++gone;
    }
    REQUIRE(pool_.remove_final(ledger_) == gone);
    check_size();
  }

  Choices choices_;
  ledger::Ledger ledger_;
  pool::Pool pool_;
  std::vector<const Signed*> waiting_;  // in order of arrival; null: gone
  std::map<Digest, std::size_t> arrival_;
  Digest tip_{};
  std::uint64_t height_ = 0;
  std::uint64_t view_ = 0;
};

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (std::uint64_t i = 0; i < 24; ++i)
    all.push_back(test::random_bytes(i, 20 + 4 * i));
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chopmark::fuzz::Play({data, size}).run();
  return 0;
}
