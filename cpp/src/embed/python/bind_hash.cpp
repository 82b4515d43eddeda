// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <optional>
#include <string>

#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "hash/blake3.hpp"
#include "hash/many.hpp"
#include "hash/sha256.hpp"
#include "hash/sha512.hpp"
#include "hash/sm3.hpp"

namespace chopmark::python {
namespace {

// Below this a hash takes a few microseconds: too short to be worth giving the GIL away.
constexpr std::size_t kReleaseBytesMin = 1024;

template <class Hash>
py::bytes hash_one(const Buffer& data, Hash hash) {
  std::optional<py::gil_scoped_release> released;
  if (data.bytes().size() > kReleaseBytesMin) released.emplace();
  const auto digest = hash(data.bytes());
  released.reset();
  return to_bytes(digest);
}

// In place would not give the same digests on every path: which items are still whole when a digest
// is written depends on threads and lanes.
void require_apart(const Items& items, const py::array& out) {
  const auto* const begin = static_cast<const std::uint8_t*>(out.data());
  const auto* const end = begin + out.nbytes();
  const std::less<const std::uint8_t*> before;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const ByteView item = items[i];
    if (!item.empty() && before(item.data(), end) && before(begin, item.data() + item.size()))
      throw py::value_error("out must not overlap items: items[" + std::to_string(i) + "]");
  }
}

template <HashId kId>
py::array_t<std::uint8_t> many(const py::object& items, py::handle threads, const py::object& out) {
  const ItemsArgument argument(items, "items");
  const unsigned used_threads = thread_count(threads);
  py::array_t<std::uint8_t> digests = byte_result(out, argument.size(), digest_bytes(kId));
  if (!out.is_none()) require_apart(argument.items(), digests);
  std::uint8_t* const to = digests.mutable_data();
  {
    const py::gil_scoped_release released;
    hash_many(kId, argument.items(), to, used_threads);
  }
  return digests;
}

template <HashId kId, class Hash>
void bind_one(py::module_& module, const std::string& name, Hash hash) {
  module.def(
      name.c_str(), [hash](const py::object& data) { return hash_one(Buffer(data, "data"), hash); },
      py::arg("data"));
  module.def((name + "_many").c_str(), &many<kId>, py::arg("items"), py::kw_only(),
             py::arg("threads") = 1, py::arg("out") = py::none());
}

py::bytes keyed(const py::object& key, const py::object& data) {
  const Buffer key_bytes(key, "key");
  if (key_bytes.bytes().size() != Digest{}.size()) {
    throw py::value_error("key must have 32 bytes, not " +
                          std::to_string(key_bytes.bytes().size()));
  }
  const Digest copied = digest_from(key_bytes.bytes().data());
  return hash_one(Buffer(data, "data"),
                  [&copied](ByteView bytes) { return blake3_keyed(copied, bytes); });
}

}  // namespace

void bind_hash(py::module_& core) {
  py::module_ module = core.def_submodule("hash");
  bind_one<HashId::sha256>(module, "sha256", sha256);
  bind_one<HashId::sha512>(module, "sha512", sha512);
  bind_one<HashId::blake3>(module, "blake3", blake3);
  bind_one<HashId::sm3>(module, "sm3", sm3);
  module.def("blake3_keyed", &keyed, py::arg("key"), py::arg("data"));
}

}  // namespace chopmark::python
