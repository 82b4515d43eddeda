// SPDX-License-Identifier: Apache-2.0
#include "pool/pool.hpp"

#include "base/limits.hpp"
#include "types/transaction.hpp"

namespace chopmark::pool {

using ledger::Candidate;
using ledger::Refusal;

Result<Admission> Pool::admit(const ledger::Ledger& ledger, ByteView payload, unsigned threads) {
  const Result<std::vector<ByteView>> items = parse_payload(payload);
  if (!items) return items.failure();
  Admission counts;
  std::vector<Candidate> candidates;
  for (const ByteView item : *items) {
    Candidate one;
    Failure failure;
    const std::uint64_t next_height = ledger.final_height() + 1;
    if (ledger::check_form(one, failure, item, ledger.chain_id(), ledger.registry()) !=
            Refusal::none ||
        ledger::check_time(one.view, next_height) != Refusal::none) {
      ++counts.refused;
    } else if (arrival_.contains(one.id) || ledger.find_final(one.id) != nullptr) {
      ++counts.duplicate;
    } else {
      candidates.push_back(std::move(one));
    }
  }
  const auto valid = ledger::check_signatures(candidates, ledger.registry(), threads);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const TransactionView& view = candidates[i].view;
    if (valid[i] == 0) {
      ++counts.refused;
    } else if (arrival_.contains(candidates[i].id)) {
      ++counts.duplicate;
    } else if (waiting_.size() >= limits::kPoolTransactionsMax ||
               bytes_ + view.bytes.size() > limits::kPoolBytesMax) {
      ++counts.full;
    } else {
      arrival_.emplace(candidates[i].id, next_);
      waiting_.emplace(next_++, Waiting{candidates[i].id, view.valid_until,
                                        Bytes(view.bytes.begin(), view.bytes.end())});
      bytes_ += view.bytes.size();
      ++counts.admitted;
    }
  }
  return counts;
}

Bytes Pool::select(const ledger::Ledger& ledger, const Digest& parent, std::uint64_t height,
                   std::size_t bytes_max) const {
  std::vector<ByteView> chosen;
  std::size_t size = 4;  // the count
  for (const auto& [order, waiting] : waiting_) {
    if (chosen.size() == limits::kPayloadTransactionsMax) break;
    const bool in_time =
        waiting.valid_until >= height && waiting.valid_until - height <= limits::kReplayWindow;
    if (!in_time || ledger.contains(waiting.id, parent)) continue;
    const std::size_t more = 4 + waiting.transaction.size();
    if (size + more > bytes_max) break;  // in order of arrival: nobody small overtakes
    chosen.emplace_back(waiting.transaction);
    size += more;
  }
  return encode_payload(chosen);
}

std::size_t Pool::remove_final(const ledger::Ledger& ledger) {
  std::size_t removed = 0;
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const Waiting& waiting = at->second;
    if (ledger.find_final(waiting.id) == nullptr && waiting.valid_until > ledger.final_height()) {
      ++at;
      continue;
    }
    arrival_.erase(waiting.id);
    bytes_ -= waiting.transaction.size();
    at = waiting_.erase(at);
    ++removed;
  }
  return removed;
}

}  // namespace chopmark::pool
