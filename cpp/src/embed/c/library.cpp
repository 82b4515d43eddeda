// SPDX-License-Identifier: Apache-2.0
// Versions, texts and backends of the C interface.
#include "chopmark.h"
#include "dispatch/backend.hpp"

std::uint32_t chopmark_abi_version() noexcept {
  return CHOPMARK_ABI_VERSION;
}

const char* chopmark_version() noexcept {
  return CHOPMARK_VERSION;
}

const char* chopmark_status_text(chopmark_status status) noexcept {
  switch (status) {
    case CHOPMARK_OK:
      return "ok";
    case CHOPMARK_ERROR_NULL:
      return "a pointer is null";
    case CHOPMARK_ERROR_STRUCT:
      return "struct_size is wrong, or a field is set that this library does not know";
    case CHOPMARK_ERROR_RULE:
      return "unknown rule";
    case CHOPMARK_ERROR_METHOD:
      return "unknown method, or combined with a rule other than ZIP215";
    case CHOPMARK_ERROR_HASH:
      return "unknown hash";
    case CHOPMARK_ERROR_FLAGS:
      return "unknown flag";
    case CHOPMARK_ERROR_KEYS:
      return "keys must be either packed or a key set with an index";
    case CHOPMARK_ERROR_KEY_INDEX:
      return "a key index is not below the size of the key set";
    case CHOPMARK_ERROR_OFFSETS:
      return "offsets decrease or pass the end of the data";
    case CHOPMARK_ERROR_SIZE:
      return "a count or size is too large, or disagrees with another";
    case CHOPMARK_ERROR_THREADS:
      return "threads must be between 0 (all cores) and 256";
    case CHOPMARK_ERROR_OVERLAP:
      return "the output overlaps an input";
    case CHOPMARK_ERROR_BACKEND_UNKNOWN:
      return "this build has no such backend";
    case CHOPMARK_ERROR_BACKEND_UNSUPPORTED:
      return "this processor does not support the backend";
    case CHOPMARK_ERROR_MEMORY:
      return "not enough memory";
    case CHOPMARK_ERROR_INTERNAL:
      return "a bug of chopmark";
    default:
      return "unknown status";
  }
}

const char* chopmark_backend_name() noexcept {
  return chopmark::active_backend_name();
}

chopmark_status chopmark_use_backend(const char* name) noexcept {
  switch (chopmark::use_backend(name == nullptr ? "" : name)) {
    case chopmark::UseBackend::ok:
      return CHOPMARK_OK;
    case chopmark::UseBackend::unknown:
      return CHOPMARK_ERROR_BACKEND_UNKNOWN;
    case chopmark::UseBackend::unsupported:
      return CHOPMARK_ERROR_BACKEND_UNSUPPORTED;
  }
  return CHOPMARK_ERROR_INTERNAL;
}
