// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "hash/blake3.hpp"
#include "hash/many.hpp"

namespace chopmark::python {
namespace {

constexpr std::size_t kShort = 1024;  // below this, releasing the GIL costs more than the hash

py::bytes hash_bytes(HashId id, py::handle data) {
  const Buffer buffer(data, "data");
  std::uint8_t digest[64];
  if (buffer.bytes().size() <= kShort) {
    hash_one(id, buffer.bytes(), digest);
  } else {
    const py::gil_scoped_release release;
    hash_one(id, buffer.bytes(), digest);
  }
  return to_bytes({digest, digest_bytes(id)});
}

py::array_t<std::uint8_t> hash_items(HashId id, py::handle items, py::ssize_t threads,
                                     py::handle out) {
  const ItemsArgument argument(items, "items");
  const unsigned workers = thread_count(threads);
  py::array_t<std::uint8_t> digests = byte_result(out, argument.size(), digest_bytes(id));
  std::uint8_t* to = digests.mutable_data();
  {
    const py::gil_scoped_release release;
    hash_many(id, argument.items(), to, workers);
  }
  return digests;
}

py::bytes keyed(py::handle key, py::handle data) {
  const Buffer key_buffer(key, "key");
  const Buffer buffer(data, "data");
  if (key_buffer.bytes().size() != 32) throw py::value_error("key must have 32 bytes");
  const Digest key_bytes = digest_from(key_buffer.bytes().data());
  Digest digest;
  {
    const py::gil_scoped_release release;
    digest = blake3_keyed(key_bytes, buffer.bytes());
  }
  return to_bytes(digest);
}

void bind_one(py::module_& m, const std::string& name, HashId id) {
  m.def(name.c_str(), [id](py::handle data) { return hash_bytes(id, data); }, py::arg("data"));
  m.def((name + "_many").c_str(),
        [id](py::handle items, py::ssize_t threads, py::handle out) {
          return hash_items(id, items, threads, out);
        },
        py::arg("items"), py::kw_only(), py::arg("threads") = 1, py::arg("out") = py::none());
}

}  // namespace

void bind_hash(py::module_& core) {
  py::module_ m = core.def_submodule("hash");
  bind_one(m, "sha256", HashId::sha256);
  bind_one(m, "sha512", HashId::sha512);
  bind_one(m, "blake3", HashId::blake3);
  bind_one(m, "sm3", HashId::sm3);
  m.def("blake3_keyed", &keyed, py::arg("key"), py::arg("data"));
}

}  // namespace chopmark::python
