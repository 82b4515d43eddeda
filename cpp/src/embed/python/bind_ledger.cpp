// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "embed/python/errors.hpp"
#include "embed/python/locked.hpp"
#include "hash/blake3.hpp"
#include "hash/many.hpp"
#include "ledger/ledger.hpp"
#include "ledger/next_set.hpp"
#include "pool/pool.hpp"

namespace chopmark::python {
namespace {

using ledger::Entry;
using ledger::Ledger;
using ledger::Verdict;

using FourNumbers = py::typing::Tuple<py::int_, py::int_, py::int_, py::int_>;

FourNumbers numbers(const pool::Admission& counts) {
  return py::make_tuple(counts.admitted, counts.duplicate, counts.refused, counts.full);
}

[[noreturn]] void raise_unknown_block() {
  raise("LedgerError", "UNKNOWN_PARENT", "the ledger does not know this block");
}

Digest digest_argument(py::handle value, const char* what) {
  const Buffer buffer(value, what);
  if (buffer.bytes().size() != 32) {
    throw py::value_error(std::string(what) + " must have 32 bytes, not " +
                          std::to_string(buffer.bytes().size()));
  }
  return digest_from(buffer.bytes().data());
}

/// Bytes that nobody can change while the GIL is released. The ledger reads a block more than once
/// (form, signatures, rules), and must see the same each time: what can be written to is copied.
class ConstantBytes {
 public:
  ConstantBytes(py::handle object, const char* what) : buffer_(object, what) {
    if (py::isinstance<py::bytes>(object)) return;
    copy_.assign(buffer_.bytes().begin(), buffer_.bytes().end());
    copied_ = true;
  }
  [[nodiscard]] ByteView bytes() const noexcept {
    return copied_ ? ByteView(copy_) : buffer_.bytes();
  }

 private:
  Buffer buffer_;
  Bytes copy_;
  bool copied_ = false;
};

/// A copy of the entries as one array for each field.
struct Results {
  py::array_t<std::uint64_t> height;
  py::array_t<std::uint8_t> transaction_id;
  py::array_t<std::uint16_t> code;
  py::array_t<std::uint8_t> failing_op;
  py::array_t<std::uint64_t> log_index;

  explicit Results(const std::vector<Entry>& entries) {
    const auto n = static_cast<py::ssize_t>(entries.size());
    height = py::array_t<std::uint64_t>(n);
    transaction_id = py::array_t<std::uint8_t>({n, py::ssize_t{32}});
    code = py::array_t<std::uint16_t>(n);
    failing_op = py::array_t<std::uint8_t>(n);
    log_index = py::array_t<std::uint64_t>(n);
    for (py::ssize_t i = 0; i < n; ++i) {
      const Entry& entry = entries[static_cast<std::size_t>(i)];
      height.mutable_at(i) = entry.height;
      std::copy(entry.id.begin(), entry.id.end(), transaction_id.mutable_data(i, 0));
      code.mutable_at(i) = static_cast<std::uint16_t>(entry.result.code);
      failing_op.mutable_at(i) = entry.result.failing_op;
      log_index.mutable_at(i) = entry.log_index;
    }
  }
};

/// chopmark.ledger.Transactions: those of a payload, an array for each field.
struct Transactions {
  py::array_t<std::uint64_t> start;
  py::array_t<std::uint32_t> size;
  py::array_t<std::uint8_t> transaction_id;
  py::array_t<std::uint16_t> field;
  py::array_t<std::uint32_t> submitter;
  py::array_t<std::uint64_t> valid_until;
  py::array_t<std::uint8_t> signers;
  py::array_t<std::uint8_t> operations;

  Transactions(ByteView payload, const std::vector<TransactionView>& views,
               const std::vector<Digest>& ids)
      : start(rows(views)),
        size(rows(views)),
        transaction_id({rows(views), py::ssize_t{32}}),
        field(rows(views)),
        submitter(rows(views)),
        valid_until(rows(views)),
        signers(rows(views)),
        operations(rows(views)) {
    for (py::ssize_t i = 0; i < rows(views); ++i) {
      const TransactionView& view = views[static_cast<std::size_t>(i)];
      const Digest& id = ids[static_cast<std::size_t>(i)];
      start.mutable_at(i) = static_cast<std::uint64_t>(view.bytes.data() - payload.data());
      size.mutable_at(i) = static_cast<std::uint32_t>(view.bytes.size());
      std::copy(id.begin(), id.end(), transaction_id.mutable_data(i, 0));
      field.mutable_at(i) = view.field;
      submitter.mutable_at(i) = view.signer(0).member;
      valid_until.mutable_at(i) = view.valid_until;
      signers.mutable_at(i) = view.signer_count;
      operations.mutable_at(i) = view.operation_count;
    }
  }

 private:
  static py::ssize_t rows(const std::vector<TransactionView>& views) noexcept {
    return static_cast<py::ssize_t>(views.size());
  }
};

Transactions view_payload(py::handle payload) {
  const ConstantBytes bytes(payload, "payload");
  std::vector<TransactionView> views;
  std::vector<Digest> ids;
  std::string what = "payload";
  std::optional<Failure> failure;
  {
    const py::gil_scoped_release release;
    const Result<std::vector<ByteView>> items = parse_payload(bytes.bytes());
    if (!items) failure = items.failure();
    std::vector<ByteView> bodies;
    for (std::size_t i = 0; !failure && i < items->size(); ++i) {
      const Result<TransactionView> parsed = parse_transaction((*items)[i]);
      if (parsed) {
        views.push_back(*parsed);
        bodies.push_back(parsed->body);
      } else {
        failure = parsed.failure();
        what = "transaction " + std::to_string(i);
      }
    }
    ids.resize(bodies.size());
    if (!failure && !ids.empty())
      hash_many(HashId::sha256, Items::list(bodies.data(), bodies.size()), ids[0].data(), 1);
  }
  if (failure) raise_encoding_error(*failure, what.c_str());
  return Transactions(bytes.bytes(), views, ids);
}

std::string verdict_detail(const Verdict& verdict) {
  switch (verdict.refusal) {
    case ledger::Refusal::malformed_header:
    case ledger::Refusal::malformed_payload:
    case ledger::Refusal::malformed_transaction:
      return std::string(error_name(verdict.failure.error)) + " at byte " +
             std::to_string(verdict.failure.offset);
    default:
      return {};
  }
}

/// chopmark.ledger.Ledger.
class SharedLedger {
 public:
  explicit SharedLedger(py::handle genesis) : bytes_(owned(genesis)), state_(parsed(bytes_)) {}

  py::bytes chain_id() {
    return to_bytes(state_.use([](Ledger& l) { return l.chain_id(); }));
  }
  std::uint64_t final_height() {
    return state_.use([](Ledger& l) { return l.final_height(); });
  }
  py::bytes final_digest() {
    return to_bytes(state_.use([](Ledger& l) { return l.final_digest(); }));
  }
  bool knows(py::handle digest) {
    const Digest wanted = digest_argument(digest, "digest");
    return state_.use([&](Ledger& l) { return l.knows(wanted); });
  }

  py::typing::Tuple<py::bytes, py::int_, py::bytes> roots(py::handle digest) {
    std::optional<Digest> wanted;
    if (!digest.is_none()) wanted = digest_argument(digest, "digest");
    const auto roots =
        state_.use([&](Ledger& l) { return l.roots(wanted.value_or(l.final_digest())); });
    if (!roots) raise_unknown_block();
    return py::make_tuple(to_bytes(roots->state_root), roots->log_size, to_bytes(roots->log_root));
  }

  /// `present` and the result are keys of 32 bytes one after the other.
  py::bytes next_set(py::handle parent, py::handle present) {
    const Digest wanted = digest_argument(parent, "parent");
    const Buffer keys(present, "present");
    if (keys.bytes().size() % sizeof(Digest) != 0)
      throw py::value_error("present must be keys of 32 bytes");
    std::vector<Digest> seats;
    for (std::size_t at = 0; at < keys.bytes().size(); at += sizeof(Digest))
      seats.push_back(digest_from(keys.bytes().data() + at));
    const auto asked = state_.use([&](Ledger& l) { return l.asked_set(wanted); });
    if (!asked) raise_unknown_block();
    Bytes next;
    for (const Digest& key : ledger::next_set(seats, *asked))
      append(next, key);
    return to_bytes(next);
  }

  Verdict validate_block(py::handle block, Locked<pool::Pool>* pool, py::handle threads) {
    const ConstantBytes bytes(block, "block");
    const unsigned workers = thread_count(threads);
    return state_.use([&](Ledger& l) {
      if (pool == nullptr) return l.validate_block(bytes.bytes(), {.threads = workers});
      return pool->use_without_gil([&](pool::Pool& p) {
        return l.validate_block(bytes.bytes(), {.verified = &p, .threads = workers});
      });
    });
  }

  /// Calls `reached(name)` after each stage, so that somebody can look at a clock.
  Verdict validate_block_in_stages(py::handle block, py::handle reached) {
    class Caller final : public ledger::Observer {
     public:
      explicit Caller(py::handle function) : function_(function) {}
      void reached(ledger::Stage stage) override {
        static constexpr const char* kNames[] = {"header", "parse", "ids", "signatures",
                                                 "rules",  "state", "log"};
        const py::gil_scoped_acquire acquire;
        function_(kNames[static_cast<std::size_t>(stage)]);
      }

     private:
      py::handle function_;
    };
    const ConstantBytes bytes(block, "block");
    Caller caller(reached);
    return state_.use(
        [&](Ledger& l) { return l.validate_block(bytes.bytes(), {.observer = &caller}); });
  }

  Results finalize(py::handle digest) {
    const Digest wanted = digest_argument(digest, "digest");
    const auto entries = state_.use([&](Ledger& l) { return l.finalize(wanted); });
    if (!entries) raise_unknown_block();
    return Results(*entries);
  }

  py::typing::Optional<FourNumbers> find(py::handle id) {
    const Digest wanted = digest_argument(id, "transaction_id");
    const auto entry = state_.use([&](Ledger& l) -> std::optional<Entry> {
      const Entry* found = l.find_final(wanted);
      if (found == nullptr) return std::nullopt;
      return *found;
    });
    if (!entry) return py::none();
    return py::make_tuple(entry->log_index, entry->height,
                          static_cast<std::uint16_t>(entry->result.code), entry->result.failing_op);
  }

  /// The final state's entry with the preimage `kind || id` of its key, or None.
  OptionalBytes entry(py::handle preimage) {
    const Digest key = key_argument(preimage);
    const Bytes stored = state_.use([&](Ledger& l) {
      const ByteView found = l.final_entry(key);
      return Bytes(found.begin(), found.end());
    });
    if (stored.empty()) return py::none();
    return to_bytes(stored);
  }

  /// The entry, or None, and its proof.
  py::typing::Tuple<OptionalBytes, py::bytes> prove_entry(py::handle preimage) {
    const Digest key = key_argument(preimage);
    const auto [stored, proof] = state_.use([&](Ledger& l) {
      const ByteView found = l.final_entry(key);
      return std::pair(Bytes(found.begin(), found.end()), l.prove_final_entry(key));
    });
    return py::make_tuple(stored.empty() ? py::object(py::none()) : py::object(to_bytes(stored)),
                          to_bytes(proof));
  }

  std::pair<std::uint64_t, std::uint64_t> usage() {
    return state_.use([](Ledger& l) {
      return std::pair<std::uint64_t, std::uint64_t>(l.final_entry_count(), l.memory());
    });
  }

  std::uint64_t log_size() {
    return state_.use([](Ledger& l) { return l.log().size(); });
  }

  py::bytes log_root(std::uint64_t size) {
    const auto root = state_.use([&](Ledger& l) -> std::optional<Digest> {
      if (size > l.log().size()) return std::nullopt;
      return l.log().root(size);
    });
    if (!root) throw py::value_error("size out of range of the log");
    return to_bytes(*root);
  }

  ListOfBytes prove_inclusion(std::uint64_t index, std::uint64_t size) {
    const auto proof = state_.use([&](Ledger& l) -> std::optional<std::vector<Digest>> {
      if (size > l.log().size() || index >= size) return std::nullopt;
      return l.log().prove_inclusion(index, size);
    });
    if (!proof) throw py::value_error("index or size out of range of the log");
    ListOfBytes list;
    for (const Digest& step : *proof)
      list.append(to_bytes(step));
    return list;
  }

  [[nodiscard]] Locked<Ledger>& state() noexcept { return state_; }

 private:
  static Digest key_argument(py::handle preimage) {
    const Buffer buffer(preimage, "preimage");
    return blake3(buffer.bytes());
  }
  static Bytes owned(py::handle genesis) {
    const Buffer buffer(genesis, "genesis");
    return {buffer.bytes().begin(), buffer.bytes().end()};
  }
  static Genesis parsed(ByteView bytes) {
    Result<Genesis> genesis = parse_genesis(bytes);
    if (!genesis) raise_encoding_error(genesis.failure(), "genesis");
    return std::move(*genesis);
  }

  Bytes bytes_;
  Locked<Ledger> state_;
};

/// chopmark.ledger.Pool. Order of locking: the ledger that is given, then the pool.
class SharedPool {
 public:
  FourNumbers admit(SharedLedger& ledger, py::handle transactions, py::handle threads) {
    const ConstantBytes payload(transactions, "transactions");
    const unsigned workers = thread_count(threads);
    const auto counts = both(
        ledger, [&](Ledger& l, pool::Pool& p) { return p.admit(l, payload.bytes(), workers); });
    if (!counts) raise_encoding_error(counts.failure(), "transactions");
    return numbers(*counts);
  }

  /// The counts, and the payload of what waits of it.
  py::typing::Tuple<FourNumbers, py::bytes> admit_waiting(SharedLedger& ledger,
                                                          py::handle transactions,
                                                          py::handle threads) {
    const ConstantBytes payload(transactions, "transactions");
    const unsigned workers = thread_count(threads);
    Bytes waiting;
    const auto counts = both(ledger, [&](Ledger& l, pool::Pool& p) {
      return p.admit(l, payload.bytes(), workers, &waiting);
    });
    if (!counts) raise_encoding_error(counts.failure(), "transactions");
    return py::make_tuple(numbers(*counts), to_bytes(waiting));
  }

  py::bytes select(SharedLedger& ledger, py::handle parent, std::uint64_t height,
                   std::size_t bytes_max) {
    const Digest on = digest_argument(parent, "parent");
    return to_bytes(
        both(ledger, [&](Ledger& l, pool::Pool& p) { return p.select(l, on, height, bytes_max); }));
  }

  std::size_t remove_final(SharedLedger& ledger) {
    return both(ledger, [](Ledger& l, pool::Pool& p) { return p.remove_final(l); });
  }

  std::size_t size() {
    return pool_.use([](pool::Pool& p) { return p.size(); });
  }
  std::size_t total_bytes() {
    return pool_.use([](pool::Pool& p) { return p.bytes(); });
  }
  [[nodiscard]] Locked<pool::Pool>& pool() noexcept { return pool_; }

 private:
  template <class Work>
  std::invoke_result_t<Work, Ledger&, pool::Pool&> both(SharedLedger& ledger, Work&& work) {
    return ledger.state().use([&](Ledger& l) {
      return pool_.use_without_gil([&](pool::Pool& p) { return work(l, p); });
    });
  }

  Locked<pool::Pool> pool_;
};

void check_transaction(py::handle bytes) {
  const Buffer buffer(bytes, "transaction");
  const auto parsed = parse_transaction(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "transaction");
}

void check_genesis(py::handle bytes) {
  const Buffer buffer(bytes, "genesis");
  const auto parsed = parse_genesis(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "genesis");
}

void check_header(py::handle bytes) {
  const Buffer buffer(bytes, "header");
  const auto parsed = parse_header(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "header");
}

void check_payload(py::handle bytes) {
  const Buffer buffer(bytes, "payload");
  const auto parsed = parse_payload(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "payload");
}

py::bytes id_of(py::handle transaction) {
  const Buffer buffer(transaction, "transaction");
  const auto parsed = parse_transaction(buffer.bytes());
  if (!parsed) raise_encoding_error(parsed.failure(), "transaction");
  return to_bytes(transaction_id(*parsed));
}

py::typing::Dict<py::int_, py::str> result_names() {
  py::typing::Dict<py::int_, py::str> names;
  for (std::uint16_t code = 0; code <= ledger::kResultCodeMax; ++code) {
    names[py::int_(code)] = ledger::code_name(static_cast<ledger::ResultCode>(code));
  }
  return names;
}

}  // namespace

void bind_ledger(py::module_& core) {
  py::module_ m = core.def_submodule("ledger");
  m.def("result_names", &result_names);
  m.def("check_transaction", &check_transaction, py::arg("transaction"));
  m.def("check_genesis", &check_genesis, py::arg("genesis"));
  m.def("check_header", &check_header, py::arg("header"));
  m.def("check_payload", &check_payload, py::arg("payload"));
  m.def("transaction_id", &id_of, py::arg("transaction"));
  py::class_<Transactions>(
      m, "Transactions", "Transactions of a payload, an array for each field; see chopmark.ledger.")
      .def_readonly("start", &Transactions::start)
      .def_readonly("size", &Transactions::size)
      .def_readonly("transaction_id", &Transactions::transaction_id)
      .def_readonly("field", &Transactions::field)
      .def_readonly("submitter", &Transactions::submitter)
      .def_readonly("valid_until", &Transactions::valid_until)
      .def_readonly("signers", &Transactions::signers)
      .def_readonly("operations", &Transactions::operations);
  m.def("view_payload", &view_payload, py::arg("payload"));

  py::class_<Verdict>(m, "Verdict", "Whether a block is valid, and if not, why.")
      .def_property_readonly("ok",
                             [](const Verdict& v) { return v.refusal == ledger::Refusal::none; })
      .def_property_readonly("code", [](const Verdict& v) { return ledger::code_name(v.refusal); })
      .def_property_readonly("number", [](const Verdict& v) { return static_cast<int>(v.refusal); })
      .def_readonly("transaction", &Verdict::transaction)
      .def_property_readonly("detail", &verdict_detail)
      .def_property_readonly("digest", [](const Verdict& v) { return to_bytes(v.digest); });
  py::class_<Results>(m, "Results",
                      "Entries of final blocks, an array for each field; see chopmark.ledger.")
      .def_readonly("height", &Results::height)
      .def_readonly("transaction_id", &Results::transaction_id)
      .def_readonly("code", &Results::code)
      .def_readonly("failing_op", &Results::failing_op)
      .def_readonly("log_index", &Results::log_index);
  // Both first: their methods take each other.
  py::class_<SharedLedger> shared_ledger(m, "Ledger");
  py::class_<SharedPool> shared_pool(m, "Pool");
  shared_ledger.def(py::init<py::handle>(), py::arg("genesis"))
      .def_property_readonly("chain_id", &SharedLedger::chain_id)
      .def_property_readonly("final_height", &SharedLedger::final_height)
      .def_property_readonly("final_digest", &SharedLedger::final_digest)
      .def_property_readonly("log_size", &SharedLedger::log_size)
      .def("knows", &SharedLedger::knows, py::arg("digest"))
      .def("roots", &SharedLedger::roots, py::arg("digest"))
      .def("next_set", &SharedLedger::next_set, py::arg("parent"), py::arg("present"))
      .def(
          "validate_block",
          [](SharedLedger& self, py::handle block, py::handle pool, py::handle threads) {
            Locked<pool::Pool>* const given =
                pool.is_none() ? nullptr : &pool.cast<SharedPool&>().pool();
            return self.validate_block(block, given, threads);
          },
          py::arg("block"), py::arg("pool"), py::arg("threads"))
      .def("validate_block_in_stages", &SharedLedger::validate_block_in_stages, py::arg("block"),
           py::arg("reached"))
      .def("finalize", &SharedLedger::finalize, py::arg("digest"))
      .def("find", &SharedLedger::find, py::arg("transaction_id"))
      .def("entry", &SharedLedger::entry, py::arg("preimage"))
      .def("prove_entry", &SharedLedger::prove_entry, py::arg("preimage"))
      .def_property_readonly("usage", &SharedLedger::usage)
      .def("log_root", &SharedLedger::log_root, py::arg("size"))
      .def("prove_inclusion", &SharedLedger::prove_inclusion, py::arg("index"), py::arg("size"));
  shared_pool.def(py::init<>())
      .def("admit", &SharedPool::admit, py::arg("ledger"), py::arg("transactions"),
           py::arg("threads"))
      .def("admit_waiting", &SharedPool::admit_waiting, py::arg("ledger"), py::arg("transactions"),
           py::arg("threads"))
      .def("select", &SharedPool::select, py::arg("ledger"), py::arg("parent"), py::arg("height"),
           py::arg("bytes_max"))
      .def("remove_final", &SharedPool::remove_final, py::arg("ledger"))
      .def_property_readonly("size", &SharedPool::size)
      .def_property_readonly("total_bytes", &SharedPool::total_bytes);
}

}  // namespace chopmark::python
