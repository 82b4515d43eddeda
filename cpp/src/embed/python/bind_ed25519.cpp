// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "sig/ed25519.hpp"

namespace chopmark::python {
namespace {

using sig::KeySet;

sig::Rule rule_argument(const std::string& name) {
  if (name == "zip215") return sig::Rule::zip215;
  if (name == "strict") return sig::Rule::strict;
  throw py::value_error("unknown rule '" + name + "': expected zip215 or strict");
}

sig::Method method_argument(const std::string& name, sig::Rule rule) {
  if (name == "auto") return sig::Method::automatic;
  if (name == "exact") return sig::Method::exact;
  if (name != "combined") {
    throw py::value_error("unknown method '" + name + "': expected auto, exact or combined");
  }
  if (rule == sig::Rule::strict) {
    throw py::value_error("rule 'strict' is cofactorless: its signatures cannot be combined");
  }
  return sig::Method::combined;
}

void require_count(const char* what, std::size_t count, std::size_t expected) {
  if (count == expected) return;
  throw py::value_error(std::string(what) + ": " + std::to_string(count) +
                        " items, but there are " + std::to_string(expected) + " signatures");
}

/// Integers of any width as checked indexes below `bound`.
std::vector<std::uint64_t> index_argument(py::handle value, std::size_t bound) {
  std::vector<std::uint64_t> index = integers_argument(value, "key_index");
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (index[i] >= bound) {
      throw py::value_error("key_index[" + std::to_string(i) +
                            "] is out of range: the key set has " + std::to_string(bound) +
                            " keys");
    }
  }
  return index;
}

py::array_t<bool> verify_batch(py::handle public_keys, py::handle signatures, py::handle messages,
                               py::handle key_index, const std::string& rule_name,
                               const std::string& method_name, py::handle threads, py::handle out) {
  const sig::Rule rule = rule_argument(rule_name);
  const sig::Method method = method_argument(method_name, rule);
  const unsigned workers = thread_count(threads);
  const ItemsArgument signature_items(signatures, "signatures", sig::kSignatureBytes);
  const ItemsArgument message_items(messages, "messages");
  const std::size_t count = signature_items.size();
  require_count("messages", message_items.size(), count);

  sig::Batch batch{.public_keys = Items::list(nullptr, 0),
                   .key_set = nullptr,
                   .key_index = {},
                   .signatures = signature_items.items(),
                   .messages = message_items.items()};
  std::unique_ptr<ItemsArgument> key_items;
  std::vector<std::uint64_t> index;
  if (py::isinstance<KeySet>(public_keys)) {
    if (key_index.is_none()) throw py::type_error("a KeySet needs key_index");
    batch.key_set = &public_keys.cast<const KeySet&>();
    index = index_argument(key_index, batch.key_set->size());
    require_count("key_index", index.size(), count);
    batch.key_index = index;
  } else {
    if (!key_index.is_none()) throw py::type_error("key_index needs a KeySet as public_keys");
    key_items = std::make_unique<ItemsArgument>(public_keys, "public_keys", sig::kKeyBytes);
    require_count("public_keys", key_items->size(), count);
    batch.public_keys = key_items->items();
  }

  py::array_t<bool> verdicts = bool_result(out, count);
  auto* to = reinterpret_cast<std::uint8_t*>(verdicts.mutable_data());
  {
    const py::gil_scoped_release release;
    sig::verify_batch(batch, rule, method, workers, to);
  }
  return verdicts;
}

bool verify(py::handle public_key, py::handle signature, py::handle message,
            const std::string& rule_name) {
  const sig::Rule rule = rule_argument(rule_name);
  const Buffer key(public_key, "public_key");
  const Buffer signed_by(signature, "signature");
  const Buffer data(message, "message");
  const py::gil_scoped_release release;
  return sig::verify(key.bytes(), signed_by.bytes(), data.bytes(), rule);
}

py::array_t<bool> valid_keys(const KeySet& keys) {
  py::array_t<bool> valid(static_cast<py::ssize_t>(keys.size()));
  bool* to = valid.mutable_data();
  for (std::size_t i = 0; i < keys.size(); ++i)
    to[i] = keys.valid(i, sig::Rule::zip215);
  return valid;
}

std::unique_ptr<KeySet> make_key_set(py::handle public_keys, bool tables) {
  const ItemsArgument items(public_keys, "public_keys", sig::kKeyBytes);
  const py::gil_scoped_release release;
  return std::make_unique<KeySet>(items.items(), tables);
}

}  // namespace

void bind_ed25519(py::module_& core) {
  py::module_ m = core.def_submodule("ed25519");
  py::class_<KeySet>(m, "KeySet", "Ed25519 public keys, decoded once; see chopmark.ed25519.")
      .def(py::init(&make_key_set), py::arg("public_keys"), py::kw_only(),
           py::arg("tables") = false)
      .def("__len__", &KeySet::size)
      .def_property_readonly("valid", &valid_keys);
  m.def("verify", &verify, py::arg("public_key"), py::arg("signature"), py::arg("message"),
        py::arg("rule"));
  m.def("verify_batch", &verify_batch, py::arg("public_keys"), py::arg("signatures"),
        py::arg("messages"), py::arg("key_index"), py::arg("rule"), py::arg("method"),
        py::arg("threads"), py::arg("out"));
}

}  // namespace chopmark::python
