// SPDX-License-Identifier: Apache-2.0
#include "pool/pool.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "types/transaction.hpp"

namespace chopmark::pool {

using ledger::Candidates;
using ledger::Refusal;
using ledger::Register;

Result<Admission> Pool::admit(const ledger::Ledger& ledger, ByteView payload, unsigned threads,
                              Bytes* waiting) {
  const Result<std::vector<ByteView>> items = parse_payload(payload);
  if (!items) return items.failure();
  Admission counts;
  const Register& registered = *ledger.register_after(ledger.final_digest());
  Candidates candidates(registered, ledger.chain_id(), ledger.final_height() + 1);
  candidates.reserve(items->size());
  for (const ByteView item : *items) {
    Failure failure;
    if (candidates.add(item, failure) != Refusal::none) ++counts.refused;
  }
  candidates.hash(threads);
  std::vector<std::uint8_t> wanted(candidates.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Digest& id = candidates.id(i);
    wanted[i] = !index_.find(id, id_of()) && ledger.find_final(id) == nullptr ? 1 : 0;
  }
  const auto valid = candidates.check_signatures(wanted, nullptr, threads);
  std::vector<Number> passed;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const TransactionView& view = candidates.view(i);
    const auto known = index_.find(candidates.id(i), id_of());
    if (wanted[i] == 0 || known) {
      ++counts.duplicate;  // perhaps of one in this payload
      if (wanted[i] == 0 && known) passed.push_back(static_cast<Number>(*known));
    } else if (valid[i] == 0) {
      ++counts.refused;
    } else if (!has_room(view.signer(0).member, view.bytes.size())) {
      ++counts.full;
    } else {
      passed.push_back(add(candidates, i, registered));
      ++counts.admitted;
    }
  }
  if (waiting != nullptr) {
    std::vector<ByteView> bytes;
    bytes.reserve(passed.size());
    for (const Number number : passed)
      bytes.emplace_back(waiting_[number].transaction);
    *waiting = encode_payload(bytes);
  }
  return counts;
}

bool Pool::has_room(std::uint32_t submitter, std::size_t bytes) const noexcept {
  if (size() >= limits::kPoolTransactionsMax || bytes_ + bytes > limits::kPoolBytesMax)
    return false;
  const auto at = shares_.find(submitter);
  const Share share = at == shares_.end() ? Share{} : at->second;
  return share.transactions < limits::kPoolTransactionsMax / limits::kPoolShares &&
         share.bytes + bytes <= limits::kPoolBytesMax / limits::kPoolShares;
}

Pool::Number Pool::add(const Candidates& candidates, std::size_t i, const Register& registered) {
  const TransactionView& view = candidates.view(i);
  Waiting made;
  made.id = candidates.id(i);
  made.valid_until = view.valid_until;
  made.submitter = view.signer(0).member;
  made.before = newest_;
  made.transaction.assign(view.bytes.begin(), view.bytes.end());
  for (std::size_t j = 0; j < view.signer_count; ++j) {
    made.signers.push_back(view.signer(j));
    made.public_keys.push_back(registered.keys().bytes(candidates.keys(i)[j]));
  }
  Number number = static_cast<Number>(waiting_.size());
  if (free_.empty()) {
    waiting_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  waiting_[number] = std::move(made);
  index_.insert(candidates.id(i), number, id_of());
  (newest_ == kNone ? oldest_ : waiting_[newest_].after) = number;
  newest_ = number;
  bytes_ += view.bytes.size();
  Share& share = shares_[view.signer(0).member];
  ++share.transactions;
  share.bytes += view.bytes.size();
  return number;
}

void Pool::remove(Number number) {
  Waiting& gone = waiting_[number];
  index_.erase(gone.id, id_of());
  (gone.before == kNone ? oldest_ : waiting_[gone.before].after) = gone.after;
  (gone.after == kNone ? newest_ : waiting_[gone.after].before) = gone.before;
  bytes_ -= gone.transaction.size();
  const auto share = shares_.find(gone.submitter);
  share->second.bytes -= gone.transaction.size();
  if (--share->second.transactions == 0) shares_.erase(share);
  gone = {};
  free_.push_back(number);
}

bool Pool::may_stand(const Waiting& waiting, const Register& registered,
                     std::uint64_t height) const noexcept {
  if (waiting.valid_until < height || waiting.valid_until - height > limits::kReplayWindow)
    return false;
  for (std::size_t i = 0; i < waiting.signers.size(); ++i) {
    const auto index = registered.key_index(waiting.signers[i], height);
    if (!index || registered.keys().bytes(*index) != waiting.public_keys[i]) return false;
  }
  return true;
}

std::vector<Pool::Number> Pool::in_rounds() const {
  std::map<std::uint32_t, std::uint32_t> ranks;  // by submitter
  std::vector<std::vector<Number>> rounds;
  for (Number at = oldest_; at != kNone; at = waiting_[at].after) {
    const std::uint32_t rank = ranks[waiting_[at].submitter]++;
    if (rank == rounds.size()) rounds.emplace_back();
    rounds[rank].push_back(at);
  }
  std::vector<Number> order;
  order.reserve(size());
  for (const auto& round : rounds)
    order.insert(order.end(), round.begin(), round.end());
  return order;
}

Bytes Pool::select(const ledger::Ledger& ledger, const Digest& parent, std::uint64_t height,
                   std::size_t bytes_max) const {
  std::vector<ByteView> chosen;
  std::size_t size = 4;  // the count
  const Register* const registered = ledger.register_after(parent);
  if (registered == nullptr) return encode_payload(chosen);
  for (const Number number : in_rounds()) {
    if (chosen.size() == limits::kPayloadTransactionsMax) break;
    const Waiting& waiting = waiting_[number];
    if (!may_stand(waiting, *registered, height) || ledger.contains(waiting.id, parent)) continue;
    const std::size_t more = 4 + waiting.transaction.size();
    if (size + more > bytes_max) break;  // in their order: nobody small overtakes
    chosen.emplace_back(waiting.transaction);
    size += more;
  }
  return encode_payload(chosen);
}

std::size_t Pool::remove_final(const ledger::Ledger& ledger) {
  std::size_t removed = 0;
  for (Number at = oldest_; at != kNone;) {
    const Waiting& waiting = waiting_[at];
    const Number after = waiting.after;
    if (ledger.find_final(waiting.id) != nullptr || waiting.valid_until <= ledger.final_height()) {
      remove(at);
      ++removed;
    }
    at = after;
  }
  return removed;
}

bool Pool::knows(const Digest& id, ByteView transaction,
                 std::span<const Digest* const> public_keys) const noexcept {
  const auto number = index_.find(id, id_of());
  if (!number) return false;
  const Waiting& waiting = waiting_[*number];
  return std::ranges::equal(waiting.transaction, transaction) &&
         std::ranges::equal(waiting.public_keys, public_keys, {}, {},
                            [](const Digest* key) -> const Digest& { return *key; });
}

}  // namespace chopmark::pool
