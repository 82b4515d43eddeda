// SPDX-License-Identifier: Apache-2.0
// Looks at a ledger from outside. It reads entries by the layouts of docs/spec/ledger.md, and knows
// nothing of how operations are executed: what it shares with the core is the parsers and hashes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger.hpp"

namespace chopmark::fuzz {

/// A final block, and what the ledger said of its transactions.
struct Told {
  ByteView block;
  Digest digest{};
  ledger::Roots roots;  // after it
  std::vector<ledger::Entry> entries;
};

class Witness {
 public:
  Witness();

  /// The next final block. Ends the process if anything about it does not hold.
  void see(const Told& told);

 private:
  using Name = std::string;  // the bytes of kind and id (L-27)
  using Entries = std::map<Name, Bytes>;

  struct Done {
    TransactionView view;
    ledger::TransactionResult result;
  };

  void follow(const Told& told);
  void follow_successes(const Told& told, const Header& header, const std::vector<Done>& done);
  void note_names(const TransactionView& view);
  void note_holdings();
  void collect();
  [[nodiscard]] Digest root_by_definition() const;
  void check_log(const Told& told, const std::vector<Done>& done) const;
  void count(const Done& done);
  void check_history(const Entries& before, const std::vector<Done>& done) const;
  void check_counts() const;
  void check_members() const;
  void check_nullifiers() const;
  void check_quantities() const;

  [[nodiscard]] const Bytes* find(const Name& name) const;

  ledger::Ledger linear_;     // each block final at once
  ledger::Ledger successes_;  // without what failed
  std::set<Name> names_;      // that may have an entry
  std::set<std::uint32_t> members_, classes_;
  std::set<Digest> lots_;
  Entries entries_;
  // What successful operations say should be there, by the name of an entry.
  std::map<Name, std::uint64_t> times_;
};

}  // namespace chopmark::fuzz
