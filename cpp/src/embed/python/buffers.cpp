// SPDX-License-Identifier: Apache-2.0
#include "embed/python/buffers.hpp"

#include <utility>

#include "embed/python/bindings.hpp"

namespace chopmark::python {
namespace {

std::string type_name(py::handle object) {
  return Py_TYPE(object.ptr())->tp_name;
}

bool is_byte_format(const char* format) {
  const std::string f = format == nullptr ? "B" : format;
  return f == "B" || f == "b" || f == "c" || f == "@B" || f == "<B" || f == "=B" || f == ">B" ||
         f == "!B";
}

void require_writable_contiguous(const py::array& array, const char* expected) {
  if ((array.flags() & py::array::c_style) == 0 || !array.writeable()) {
    throw py::value_error(std::string("out must be C-contiguous and writable: ") + expected);
  }
}

}  // namespace

Buffer::Buffer(py::handle object, const char* what) {
  if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_FORMAT | PyBUF_ND | PyBUF_STRIDES) != 0) {
    PyErr_Clear();
    throw py::type_error(std::string(what) + " must be bytes-like, not " + type_name(object));
  }
  exported_ = true;
  if (view_.itemsize != 1 || !is_byte_format(view_.format)) {
    PyBuffer_Release(&view_);
    throw py::type_error(std::string(what) + " must hold bytes (uint8), not items of format '" +
                         (view_.format == nullptr ? "?" : view_.format) + "'");
  }
  if (PyBuffer_IsContiguous(&view_, 'C') == 0) {
    copy_ = py::reinterpret_steal<py::object>(PyBytes_FromStringAndSize(nullptr, view_.len));
    const bool copied =
        copy_ && PyBuffer_ToContiguous(PyBytes_AS_STRING(copy_.ptr()), &view_, view_.len, 'C') == 0;
    if (!copied) {
      PyBuffer_Release(&view_);
      throw py::error_already_set();
    }
    bytes_ = {reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(copy_.ptr())),
              static_cast<std::size_t>(view_.len)};
    return;
  }
  bytes_ = {static_cast<const std::uint8_t*>(view_.buf), static_cast<std::size_t>(view_.len)};
}

Buffer::Buffer(Buffer&& other) noexcept
    : view_(other.view_),
      exported_(std::exchange(other.exported_, false)),
      copy_(std::move(other.copy_)),
      bytes_(other.bytes_) {}

Buffer::~Buffer() {
  if (exported_) PyBuffer_Release(&view_);
}

Ragged::Ragged(py::object data, py::object offsets)
    : data_object_(std::move(data)), data_(data_object_, "data") {
  const py::array array = py::array::ensure(offsets);
  if (!array) {
    PyErr_Clear();
    throw py::type_error("offsets must be an integer array, not " + type_name(offsets));
  }
  const bool is_signed = py::isinstance<py::array_t<std::int64_t>>(array);
  if (!is_signed && !py::isinstance<py::array_t<std::uint64_t>>(array)) {
    throw py::type_error("offsets must have dtype int64 or uint64, not " +
                         py::str(array.dtype()).cast<std::string>());
  }
  if (array.ndim() != 1 || array.shape(0) < 1) {
    throw py::value_error("offsets must have shape (n + 1,): one more than there are items");
  }
  const std::size_t bound = data_.bytes().size();
  const py::array contiguous = py::array::ensure(array, py::array::c_style);
  const auto* source = static_cast<const std::uint64_t*>(contiguous.data());
  offsets_.assign(source, source + contiguous.shape(0));
  if (offsets_.front() != 0) throw py::value_error("offsets must start at 0");
  for (std::size_t i = 1; i < offsets_.size(); ++i) {
    // A negative int64 reads as a huge unsigned value and fails one of the two.
    if (offsets_[i] < offsets_[i - 1] || offsets_[i] > bound) {
      throw py::value_error("offsets must not decrease nor pass the end of data: offsets[" +
                            std::to_string(i) + "]");
    }
  }
  if (offsets_.back() != bound) {
    throw py::value_error("the last offset must be len(data) = " + std::to_string(bound));
  }
}

Items Ragged::items() const noexcept {
  return Items::ragged(data_.bytes().data(), offsets_.data(), size());
}

py::array_t<std::uint64_t> Ragged::offsets() const {
  return py::array_t<std::uint64_t>(static_cast<py::ssize_t>(offsets_.size()), offsets_.data());
}

py::bytes Ragged::item(py::ssize_t index) const {
  const auto count = static_cast<py::ssize_t>(size());
  if (index < 0) index += count;
  if (index < 0 || index >= count) throw py::index_error("Ragged index out of range");
  return to_bytes(items()[static_cast<std::size_t>(index)]);
}

ItemsArgument::ItemsArgument(py::handle object, const char* what, std::size_t flat_width) {
  if (py::isinstance<Ragged>(object)) {
    keep_ = py::reinterpret_borrow<py::object>(object);
    items_ = object.cast<const Ragged&>().items();
  } else if (py::isinstance<py::array>(object)) {
    from_array(py::reinterpret_borrow<py::array>(object), what, flat_width);
  } else if (PyObject_CheckBuffer(object.ptr()) != 0) {
    if (flat_width == 0) {
      throw py::type_error(std::string(what) +
                           " must be a sequence of bytes, an (n, m) uint8 array "
                           "or a Ragged, not one " +
                           type_name(object));
    }
    const Buffer& flat = buffers_.emplace_back(object, what);
    if (flat.bytes().size() % flat_width != 0) {
      throw py::value_error(std::string(what) + " must have a multiple of " +
                            std::to_string(flat_width) + " bytes, not " +
                            std::to_string(flat.bytes().size()));
    }
    items_ = Items::fixed(flat.bytes().data(), flat_width, flat.bytes().size() / flat_width);
  } else {
    from_sequence(object, what);
  }
}

void ItemsArgument::from_array(const py::array& array, const char* what, std::size_t flat_width) {
  if (!py::isinstance<py::array_t<std::uint8_t>>(array)) {
    throw py::type_error(std::string(what) + " must have dtype uint8, not " +
                         py::str(array.dtype()).cast<std::string>());
  }
  const bool flat = array.ndim() == 1 && flat_width != 0;
  if (array.ndim() != 2 && !flat) {
    throw py::value_error(std::string(what) + " must have shape (n, " +
                          (flat_width == 0 ? "m" : std::to_string(flat_width)) + "), not " +
                          std::to_string(array.ndim()) + " dimension(s)");
  }
  const std::size_t width = flat ? flat_width : static_cast<std::size_t>(array.shape(1));
  if (flat_width != 0 && width != flat_width) {
    throw py::value_error(std::string(what) + " must have trailing dimension " +
                          std::to_string(flat_width) + ", not " + std::to_string(width));
  }
  if (flat && static_cast<std::size_t>(array.shape(0)) % flat_width != 0) {
    throw py::value_error(std::string(what) + " must have a multiple of " +
                          std::to_string(flat_width) + " bytes, not " +
                          std::to_string(array.shape(0)));
  }
  const std::size_t count = flat ? static_cast<std::size_t>(array.shape(0)) / flat_width
                                 : static_cast<std::size_t>(array.shape(0));
  const Buffer& buffer = buffers_.emplace_back(array, what);
  items_ = Items::fixed(buffer.bytes().data(), width, count);
}

void ItemsArgument::from_sequence(py::handle object, const char* what) {
  if (PySequence_Check(object.ptr()) == 0 || PyUnicode_Check(object.ptr()) != 0) {
    throw py::type_error(std::string(what) +
                         " must be a sequence of bytes, an (n, m) uint8 array or "
                         "a Ragged, not " +
                         type_name(object));
  }
  // A tuple holds a reference to every item, so a list that changes meanwhile frees nothing.
  keep_ = py::reinterpret_steal<py::object>(PySequence_Tuple(object.ptr()));
  if (!keep_) throw py::error_already_set();
  const auto count = static_cast<std::size_t>(PyTuple_GET_SIZE(keep_.ptr()));
  views_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    PyObject* item = PyTuple_GET_ITEM(keep_.ptr(), static_cast<py::ssize_t>(i));
    if (PyBytes_CheckExact(item) != 0) {
      views_.emplace_back(reinterpret_cast<const std::uint8_t*>(PyBytes_AS_STRING(item)),
                          static_cast<std::size_t>(PyBytes_GET_SIZE(item)));
    } else {
      const std::string name = std::string(what) + "[" + std::to_string(i) + "]";
      views_.push_back(buffers_.emplace_back(item, name.c_str()).bytes());
    }
  }
  items_ = Items::list(views_.data(), views_.size());
}

std::optional<std::uint64_t> position(py::handle value, const char* what) {
  if (PyBool_Check(value.ptr()) != 0 || PyIndex_Check(value.ptr()) == 0) {
    throw py::type_error(std::string(what) + " must be an integer, not " + type_name(value));
  }
  const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!number) throw py::error_already_set();
  int overflow = 0;
  const long long wide = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow != 0 || wide < 0) return std::nullopt;
  return static_cast<std::uint64_t>(wide);
}

std::vector<std::uint64_t> integers_argument(py::handle value, const char* what) {
  const py::array array = py::array::ensure(value);
  if (!array) {
    PyErr_Clear();
    throw py::type_error(std::string(what) + " must be an array of integers");
  }
  const char kind = array.dtype().kind();
  const bool empty_list = array.size() == 0 && !py::isinstance<py::array>(value);
  if (kind != 'i' && kind != 'u' && !empty_list) {
    throw py::type_error(std::string(what) + " must hold integers, not " +
                         py::str(array.dtype()).cast<std::string>());
  }
  if (array.ndim() != 1) throw py::value_error(std::string(what) + " must have shape (n,)");
  const py::array wide = array.attr("astype")(kind == 'i' ? "int64" : "uint64");
  const auto* from = static_cast<const std::uint64_t*>(wide.data());
  return {from, from + wide.size()};
}

unsigned thread_count(py::handle threads) {
  const std::optional<std::uint64_t> count = position(threads, "threads");
  if (!count || *count > 256) {
    throw py::value_error("threads must be between 0 (all cores) and 256");
  }
  return static_cast<unsigned>(*count);
}

std::string text_argument(py::handle value, const char* what) {
  if (!py::isinstance<py::str>(value)) {
    throw py::type_error(std::string(what) + " must be a str, not " + type_name(value));
  }
  return value.cast<std::string>();
}

namespace {

template <class T>
py::array_t<T> result(py::handle out, const std::vector<py::ssize_t>& shape, const char* dtype) {
  if (out.is_none()) return py::array_t<T>(shape);
  if (!py::isinstance<py::array_t<T>>(out)) {
    throw py::type_error(std::string("out must be an array of dtype ") + dtype + ", not " +
                         type_name(out));
  }
  auto array = py::reinterpret_borrow<py::array_t<T>>(out);
  if (!std::equal(shape.begin(), shape.end(), array.shape(), array.shape() + array.ndim())) {
    py::tuple wanted(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i)
      wanted[i] = shape[i];
    throw py::value_error("out must have shape " + std::string(py::str(wanted)));
  }
  require_writable_contiguous(array, "such an array");
  return array;
}

}  // namespace

py::array_t<bool> bool_result(py::handle out, std::size_t count) {
  return result<bool>(out, {static_cast<py::ssize_t>(count)}, "bool");
}

py::array_t<std::uint8_t> byte_result(py::handle out, std::size_t count, std::size_t width) {
  return byte_result(out, {static_cast<py::ssize_t>(count), static_cast<py::ssize_t>(width)});
}

py::array_t<std::uint8_t> byte_result(py::handle out, const std::vector<py::ssize_t>& shape) {
  return result<std::uint8_t>(out, shape, "uint8");
}

py::array_t<std::int64_t> length_result(py::handle out, std::size_t count) {
  return result<std::int64_t>(out, {static_cast<py::ssize_t>(count)}, "int64");
}

py::bytes to_bytes(ByteView bytes) {
  return py::bytes(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void bind_buffers(py::module_& core) {
  py::class_<Ragged>(core, "Ragged")
      .def(py::init<py::object, py::object>(), py::arg("data"), py::arg("offsets"))
      .def_property_readonly("data", &Ragged::data)
      .def_property_readonly("offsets", &Ragged::offsets)
      .def("__len__", &Ragged::size)
      .def("__getitem__", &Ragged::item, py::arg("index"));
}

}  // namespace chopmark::python
