// SPDX-License-Identifier: Apache-2.0
// Python arguments that hold many byte strings, seen in place while the GIL is released: the
// objects stay referenced and their buffers exported, so nothing moves. Floor: embed.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::python {

namespace py = pybind11;

/// One exported contiguous byte buffer.
class Buffer {
 public:
  /// TypeError naming `what` unless `object` is bytes-like (items of one byte). A non-contiguous
  /// buffer is copied once.
  Buffer(py::handle object, const char* what);
  Buffer(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer();

  [[nodiscard]] ByteView bytes() const noexcept { return bytes_; }

 private:
  Py_buffer view_{};
  bool exported_ = false;
  py::object copy_;
  ByteView bytes_;
};

/// chopmark.Ragged: one buffer and the n + 1 offsets of its n items. The offsets are copied and
/// checked when it is built; the buffer is only referenced.
class Ragged {
 public:
  Ragged(py::object data, py::object offsets);
  [[nodiscard]] std::size_t size() const noexcept { return offsets_.size() - 1; }
  [[nodiscard]] Items items() const noexcept;
  [[nodiscard]] py::object data() const { return data_object_; }
  [[nodiscard]] py::array_t<std::uint64_t> offsets() const;
  [[nodiscard]] py::bytes item(py::ssize_t index) const;

 private:
  py::object data_object_;
  Buffer data_;
  std::vector<std::uint64_t> offsets_;
};

/// Many byte strings given as: a sequence of bytes-like objects, an (n, m) uint8 array, a Ragged,
/// or (where `flat_width` is not 0) one bytes-like object of n * flat_width bytes. With a
/// flat_width, arrays must have that trailing dimension; items of a sequence may have any length
/// (the caller answers for each). Errors: TypeError for a wrong type or dtype, ValueError for a
/// wrong shape, both naming `what`.
class ItemsArgument {
 public:
  ItemsArgument(py::handle object, const char* what, std::size_t flat_width = 0);
  [[nodiscard]] const Items& items() const noexcept { return items_; }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

 private:
  void from_array(const py::array& array, const char* what, std::size_t flat_width);
  void from_sequence(py::handle object, const char* what);

  py::object keep_;              // the array, tuple or Ragged that is seen
  std::vector<Buffer> buffers_;  // exports of items that are not bytes, or the flat buffer
  std::vector<ByteView> views_;
  Items items_ = Items::list(nullptr, 0);
};

/// `threads` argument: 0 means all cores. TypeError unless it is an integer and no bool, ValueError
/// outside 0..256.
[[nodiscard]] unsigned thread_count(py::handle threads);

/// An index or size. TypeError unless it is an integer and no bool; empty when it is negative or
/// does not fit 63 bits.
[[nodiscard]] std::optional<std::uint64_t> position(py::handle value, const char* what);

/// Integers of any width, (n,). A negative one becomes larger than any that is allowed (2^63 or
/// more). TypeError for another type or dtype, ValueError for another shape.
[[nodiscard]] std::vector<std::uint64_t> integers_argument(py::handle value, const char* what);

/// TypeError unless `value` is a str.
[[nodiscard]] std::string text_argument(py::handle value, const char* what);

/// Result array for verdicts: `out` when given ((n,) C-contiguous writable bool, else TypeError or
/// ValueError), or a new one.
[[nodiscard]] py::array_t<bool> bool_result(py::handle out, std::size_t count);

/// Result array for digests: `out` when given ((n, width) C-contiguous writable uint8), or a new
/// one.
[[nodiscard]] py::array_t<std::uint8_t> byte_result(py::handle out, std::size_t count,
                                                    std::size_t width);
/// The same of another shape.
[[nodiscard]] py::array_t<std::uint8_t> byte_result(py::handle out,
                                                    const std::vector<py::ssize_t>& shape);
/// Result array for lengths: `out` when given ((n,) C-contiguous writable int64), or a new one.
[[nodiscard]] py::array_t<std::int64_t> length_result(py::handle out, std::size_t count);

[[nodiscard]] py::bytes to_bytes(ByteView bytes);

}  // namespace chopmark::python
