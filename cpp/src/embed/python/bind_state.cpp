// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/parallel.hpp"
#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "embed/python/errors.hpp"
#include "embed/python/locked.hpp"
#include "state/chunk.hpp"
#include "state/proof.hpp"
#include "state/tree.hpp"

namespace chopmark::python {
namespace {

using state::Refusal;
using state::VersionId;

using ValuesAndFound = py::typing::Tuple<py::array_t<std::uint8_t>, py::array_t<bool>>;
using ChunkAndNext = py::typing::Tuple<py::bytes, OptionalBytes>;

HashId state_hash(py::handle hash) {
  const std::string name = text_argument(hash, "hash");
  if (name == "blake3") return HashId::blake3;
  if (name == "sha256") return HashId::sha256;
  if (name == "sm3") return HashId::sm3;
  throw py::value_error("unknown hash '" + name + "': expected blake3, sha256 or sm3");
}

/// Many keys or values of 32 bytes side by side: in place where they lie so, else gathered. Those
/// of a batch are copied in any case: another thread that wrote to them meanwhile would break the
/// order that the core relies on.
class Packed {
 public:
  Packed(py::handle object, const char* what, bool copy = false)
      : argument_(object, what, state::kKeyBytes) {
    const Items& items = argument_.items();
    data_ = copy ? nullptr : items.packed(state::kKeyBytes);
    if (data_ != nullptr || items.size() == 0) return;
    gathered_.reserve(state::kKeyBytes * items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].size() != state::kKeyBytes) {
        throw py::value_error(std::string(what) + "[" + std::to_string(i) +
                              "] must have 32 bytes, not " + std::to_string(items[i].size()));
      }
      append(gathered_, items[i]);
    }
    data_ = gathered_.data();
  }

  [[nodiscard]] const std::uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return argument_.size(); }

 private:
  ItemsArgument argument_;
  Bytes gathered_;
  const std::uint8_t* data_ = nullptr;
};

void require_same_size(const Packed& keys, std::size_t size, const char* what) {
  if (keys.size() == size) return;
  throw py::value_error(std::string(what) + " must be as many as keys: " + std::to_string(size) +
                        " against " + std::to_string(keys.size()));
}

Digest digest_of_32(py::handle value, const char* what) {
  const Buffer buffer(value, what);
  if (buffer.bytes().size() != Digest{}.size()) {
    throw py::value_error(std::string(what) + " must have 32 bytes, not " +
                          std::to_string(buffer.bytes().size()));
  }
  return digest_from(buffer.bytes().data());
}

/// A version that cannot be one is as unknown as any other.
VersionId version_argument(py::handle value) {
  const auto id = position(value, "version");
  return id && *id < UINT32_MAX ? static_cast<VersionId>(*id) : state::kNobody;
}

[[noreturn]] void raise_refusal(Refusal refusal) {
  switch (refusal) {
    case Refusal::unknown_version:
      throw py::value_error("no such version: merged, dropped or never made");
    case Refusal::frozen:
      throw py::value_error("the version has overlays on it, or is the base: it cannot be changed");
    case Refusal::duplicate_key:
      throw py::value_error("a key stands twice in the batch");
    case Refusal::too_many_keys:
      throw py::value_error("more keys than a state may have");
    case Refusal::too_many_overlays:
      throw py::value_error("more overlays than a state may have");
    case Refusal::too_deep:
    case Refusal::none:
      break;
  }
  throw py::value_error("more overlays on top of each other than a state may have");
}

void require(Refusal refusal) {
  if (refusal != Refusal::none) raise_refusal(refusal);
}

OptionalBytes optional_bytes(const std::optional<state::Key>& key) {
  if (!key) return OptionalBytes(py::none());
  return OptionalBytes(to_bytes(*key));
}

/// Some bytes for each item, and where they begin.
struct RaggedBytes {
  Bytes data;
  std::vector<std::uint64_t> offsets{0};
};

Ragged to_ragged(const RaggedBytes& items) {
  return {to_bytes(items.data),
          py::array_t<std::uint64_t>(static_cast<py::ssize_t>(items.offsets.size()),
                                     items.offsets.data())};
}

/// chopmark.state.StateTree.
class SharedState {
 public:
  explicit SharedState(py::handle hash) : tree_(state_hash(hash)) {}
  explicit SharedState(state::StateTree&& tree) : tree_(std::move(tree)) {}

  VersionId base() {
    return tree_.use([](state::StateTree& tree) { return tree.base(); });
  }
  std::size_t overlays() {
    return tree_.use([](state::StateTree& tree) { return tree.overlays(); });
  }
  std::size_t memory() {
    return tree_.use([](state::StateTree& tree) { return tree.memory(); });
  }

  VersionId overlay(py::handle parent) {
    const VersionId id = version_argument(parent);
    VersionId made = 0;
    require(tree_.use([&](state::StateTree& tree) { return tree.add_overlay(id, made); }));
    return made;
  }
  void merge(py::handle version) {
    const VersionId id = version_argument(version);
    require(tree_.use([&](state::StateTree& tree) { return tree.merge(id); }));
  }
  void drop(py::handle version) {
    const VersionId id = version_argument(version);
    require(tree_.use([&](state::StateTree& tree) { return tree.drop(id); }));
  }

  py::bytes root(py::handle version) {
    Digest root;
    with(version, [&](const state::StateTree&, const state::Version& at) { root = at.root; });
    return to_bytes(root);
  }
  std::uint64_t size(py::handle version) {
    std::uint64_t size = 0;
    with(version, [&](const state::StateTree&, const state::Version& at) { size = at.size; });
    return size;
  }

  py::bytes update(py::handle version, py::handle keys, py::handle values, py::handle delete_mask,
                   py::handle threads) {
    const VersionId id = version_argument(version);
    const Packed packed_keys(keys, "keys", true);
    const Packed packed_values(values, "values", true);
    require_same_size(packed_keys, packed_values.size(), "values");
    const unsigned workers = thread_count(threads);
    std::optional<py::array_t<bool>> mask;
    state::Batch batch{packed_keys.data(), packed_values.data(), nullptr, packed_keys.size()};
    if (!delete_mask.is_none()) {
      mask = mask_argument(delete_mask, packed_keys.size());
      batch.deletes = static_cast<const std::uint8_t*>(static_cast<const void*>(mask->data()));
    }
    Digest root{};
    require(tree_.use([&](state::StateTree& tree) {
      const Refusal refusal = tree.update(id, batch, workers);
      if (refusal == Refusal::none) root = tree.find(id)->root;
      return refusal;
    }));
    return to_bytes(root);
  }

  ValuesAndFound get(py::handle version, py::handle keys) {
    const Packed packed(keys, "keys");
    auto values = byte_result(py::none(), packed.size(), state::kValueBytes);
    auto found = bool_result(py::none(), packed.size());
    std::uint8_t* const to = values.mutable_data();
    bool* const flags = found.mutable_data();
    with(version, [&](const state::StateTree& tree, const state::Version& at) {
      for (std::size_t i = 0; i < packed.size(); ++i) {
        warm(tree, at, packed, i);
        const auto* const value = tree.get(at, packed.data() + state::kKeyBytes * i);
        flags[i] = value != nullptr;
        if (value != nullptr) std::copy_n(value, state::kValueBytes, to + state::kValueBytes * i);
        if (value == nullptr) std::fill_n(to + state::kValueBytes * i, state::kValueBytes, 0);
      }
    });
    return ValuesAndFound(py::make_tuple(values, found));
  }

  Ragged prove(py::handle version, py::handle keys) {
    const Packed packed(keys, "keys");
    RaggedBytes proofs;
    with(version, [&](const state::StateTree& tree, const state::Version& at) {
      for (std::size_t i = 0; i < packed.size(); ++i) {
        warm(tree, at, packed, i);
        state::prove(tree, at, packed.data() + state::kKeyBytes * i, proofs.data);
        proofs.offsets.push_back(proofs.data.size());
      }
    });
    return to_ragged(proofs);
  }

  ChunkAndNext export_chunk(py::handle version, py::handle start, py::handle entries_max) {
    const Digest from = digest_of_32(start, "start");
    const auto most = position(entries_max, "entries_max");
    if (!most || *most < limits::kStateChunkEntriesFew || *most > limits::kStateChunkEntriesMax) {
      throw py::value_error("entries_max must be between " +
                            std::to_string(limits::kStateChunkEntriesFew) + " and " +
                            std::to_string(limits::kStateChunkEntriesMax));
    }
    state::ExportedChunk chunk;
    with(version, [&](const state::StateTree& tree, const state::Version& at) {
      chunk = state::export_chunk(tree, at, from, *most);
    });
    const py::bytes bytes = to_bytes(chunk.bytes);
    return ChunkAndNext(py::make_tuple(bytes, optional_bytes(chunk.next)));
  }

 private:
  template <class Work>
  void with(py::handle version, Work&& work) {
    const VersionId id = version_argument(version);
    const bool known = tree_.use([&](state::StateTree& tree) {
      const state::Version* const at = tree.find(id);
      if (at != nullptr) work(std::as_const(tree), *at);
      return at != nullptr;
    });
    if (!known) raise_refusal(Refusal::unknown_version);
  }

  /// Before key i is read, where a group of keys begins.
  static void warm(const state::StateTree& tree, const state::Version& at, const Packed& keys,
                   std::size_t i) {
    constexpr std::size_t kGroup = state::StateTree::kWarmKeys;
    if (i % kGroup != 0) return;
    tree.warm(at, keys.data() + state::kKeyBytes * i, std::min(kGroup, keys.size() - i));
  }

  static py::array_t<bool> mask_argument(py::handle value, std::size_t count) {
    if (!py::isinstance<py::array_t<bool>>(value))
      throw py::type_error("delete must be an array of dtype bool or None");
    auto mask = py::reinterpret_borrow<py::array_t<bool>>(value);
    if (mask.ndim() != 1 || static_cast<std::size_t>(mask.shape(0)) != count)
      throw py::value_error("delete must have shape (" + std::to_string(count) + ",)");
    return py::array_t<bool, py::array::c_style | py::array::forcecast>::ensure(mask);
  }

  Locked<state::StateTree> tree_;
};

/// chopmark.state.Importer.
class SharedImporter {
 public:
  SharedImporter(py::handle root, py::handle hash)
      : importer_(state_hash(hash), digest_of_32(root, "root")) {}

  void add(py::handle chunk, py::handle threads) {
    const Buffer buffer(chunk, "chunk");
    const Bytes bytes(buffer.bytes().begin(),
                      buffer.bytes().end());  // what was checked is what is taken
    const unsigned workers = thread_count(threads);
    require_open();
    switch (importer_.use([&](state::Importer& one) { return one.add(bytes, workers); })) {
      case state::ImportVerdict::ok:
        return;
      case state::ImportVerdict::invalid:
        raise("InvalidProof", "the chunk is no part of the state with this root");
      case state::ImportVerdict::out_of_order:
        raise("InvalidProof", "the chunk is not the one that comes next");
      case state::ImportVerdict::too_many_keys:
        raise_refusal(Refusal::too_many_keys);
    }
  }
  bool complete() {
    return importer_.use([](state::Importer& one) { return one.complete(); });
  }
  std::uint64_t size() {
    require_open();
    return importer_.use([](state::Importer& one) { return one.size(); });
  }
  OptionalBytes next() {
    const auto key = importer_.use([](state::Importer& one) -> std::optional<state::Key> {
      if (one.complete()) return std::nullopt;
      return one.next();
    });
    return optional_bytes(key);
  }
  std::unique_ptr<SharedState> finish() {
    require_open();
    if (!complete()) raise("InvalidProof", "chunks are missing");
    taken_ = true;
    return std::make_unique<SharedState>(
        importer_.use([](state::Importer& one) { return one.take(); }));
  }

 private:
  void require_open() const {
    if (taken_) throw py::value_error("the importer has given its state away");
  }

  Locked<state::Importer> importer_;
  bool taken_ = false;
};

template <class Verify>
py::array_t<bool> verdicts(const Packed& keys, const ItemsArgument& proofs, Verify&& verify) {
  require_same_size(keys, proofs.size(), "proofs");
  py::array_t<bool> result = bool_result(py::none(), keys.size());
  std::vector<std::uint8_t> flags(keys.size());
  {
    const py::gil_scoped_release release;
    verify(proofs.items(), flags.data());
  }
  std::copy(flags.begin(), flags.end(), result.mutable_data());
  return result;
}

py::array_t<bool> check_inclusions(py::handle root, py::handle keys, py::handle values,
                                   py::handle proofs, py::handle hash, py::handle threads) {
  const HashId id = state_hash(hash);
  const Digest top = digest_of_32(root, "root");
  const Packed packed(keys, "keys");
  const Packed claimed(values, "values");
  require_same_size(packed, claimed.size(), "values");
  const unsigned workers = thread_count(threads);
  return verdicts(
      packed, ItemsArgument(proofs, "proofs"), [&](const Items& items, std::uint8_t* flags) {
        state::verify_inclusions(id, top, packed.data(), claimed.data(), items, flags, workers);
      });
}

py::array_t<bool> check_absences(py::handle root, py::handle keys, py::handle proofs,
                                 py::handle hash, py::handle threads) {
  const HashId id = state_hash(hash);
  const Digest top = digest_of_32(root, "root");
  const Packed packed(keys, "keys");
  const unsigned workers = thread_count(threads);
  return verdicts(packed, ItemsArgument(proofs, "proofs"),
                  [&](const Items& items, std::uint8_t* flags) {
                    state::verify_absences(id, top, packed.data(), items, flags, workers);
                  });
}

bool check_chunk(py::handle root, py::handle chunk, py::handle hash) {
  const HashId id = state_hash(hash);
  const Digest top = digest_of_32(root, "root");
  const Buffer buffer(chunk, "chunk");
  const py::gil_scoped_release release;
  return state::check_chunk(id, top, buffer.bytes(), 1).has_value();
}

}  // namespace

void bind_state(py::module_& core) {
  py::module_ m = core.def_submodule("state");
  py::class_<SharedState>(m, "StateTree")
      .def(py::init<py::handle>(), py::arg("hash"))
      .def_property_readonly("base", &SharedState::base)
      .def_property_readonly("overlays", &SharedState::overlays)
      .def_property_readonly("memory", &SharedState::memory)
      .def("overlay", &SharedState::overlay, py::arg("parent"))
      .def("merge", &SharedState::merge, py::arg("version"))
      .def("drop", &SharedState::drop, py::arg("version"))
      .def("root", &SharedState::root, py::arg("version"))
      .def("size", &SharedState::size, py::arg("version"))
      .def("update", &SharedState::update, py::arg("version"), py::arg("keys"), py::arg("values"),
           py::arg("delete"), py::arg("threads"))
      .def("get", &SharedState::get, py::arg("version"), py::arg("keys"))
      .def("prove", &SharedState::prove, py::arg("version"), py::arg("keys"))
      .def("export_chunk", &SharedState::export_chunk, py::arg("version"), py::arg("start"),
           py::arg("entries_max"));
  py::class_<SharedImporter>(m, "Importer")
      .def(py::init<py::handle, py::handle>(), py::arg("root"), py::arg("hash"))
      .def("add", &SharedImporter::add, py::arg("chunk"), py::arg("threads"))
      .def_property_readonly("complete", &SharedImporter::complete)
      .def_property_readonly("size", &SharedImporter::size)
      .def_property_readonly("next", &SharedImporter::next)
      .def("finish", &SharedImporter::finish);
  m.def("check_inclusions", &check_inclusions, py::arg("root"), py::arg("keys"), py::arg("values"),
        py::arg("proofs"), py::arg("hash"), py::arg("threads"));
  m.def("check_absences", &check_absences, py::arg("root"), py::arg("keys"), py::arg("proofs"),
        py::arg("hash"), py::arg("threads"));
  m.def("check_chunk", &check_chunk, py::arg("root"), py::arg("chunk"), py::arg("hash"));
}

}  // namespace chopmark::python
