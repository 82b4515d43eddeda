// SPDX-License-Identifier: Apache-2.0
// Key sets and batch verification of the C interface.
#include "sig/ed25519.hpp"

#include <algorithm>
#include <optional>

#include "embed/c/checks.hpp"

struct chopmark_key_set {
  chopmark::sig::KeySet keys;
};

namespace chopmark::c {
namespace {

static_assert(CHOPMARK_KEY_BYTES == sig::kKeyBytes);
static_assert(CHOPMARK_SIGNATURE_BYTES == sig::kSignatureBytes);

// Far above any struct of ours: a struct_size that was never set must not make us read that much.
constexpr std::size_t kStructSizeMax = 1024;

/// Fields of a newer header must have their neutral value, zero.
bool known_struct(const chopmark_ed25519_batch& batch) noexcept {
  if (batch.struct_size < sizeof batch || batch.struct_size > kStructSizeMax) return false;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&batch);
  return batch.reserved == 0 && std::all_of(bytes + sizeof batch, bytes + batch.struct_size,
                                            [](std::uint8_t byte) { return byte == 0; });
}

std::optional<sig::Rule> rule_of(chopmark_rule rule) noexcept {
  if (rule == CHOPMARK_RULE_ZIP215) return sig::Rule::zip215;
  if (rule == CHOPMARK_RULE_STRICT) return sig::Rule::strict;
  return std::nullopt;
}

std::optional<sig::Method> method_of(chopmark_method method, sig::Rule rule) noexcept {
  if (method == CHOPMARK_METHOD_AUTO) return sig::Method::automatic;
  if (method == CHOPMARK_METHOD_EXACT) return sig::Method::exact;
  if (method == CHOPMARK_METHOD_COMBINED && rule == sig::Rule::zip215) return sig::Method::combined;
  return std::nullopt;
}

chopmark_status check_keys(const chopmark_ed25519_batch& b) noexcept {
  const bool packed = b.public_keys != nullptr;
  const bool by_set = b.key_set != nullptr;
  if (packed && (by_set || b.key_index != nullptr)) return CHOPMARK_ERROR_KEYS;
  if (b.count == 0 || packed) return CHOPMARK_OK;
  if (!by_set || b.key_index == nullptr) return CHOPMARK_ERROR_KEYS;
  const std::size_t bound = b.key_set->keys.size();
  const bool in_range =
      std::all_of(b.key_index, b.key_index + b.count, [=](std::uint64_t i) { return i < bound; });
  return in_range ? CHOPMARK_OK : CHOPMARK_ERROR_KEY_INDEX;
}

/// All that can be wrong with the arrays of a batch.
chopmark_status check_arrays(const chopmark_ed25519_batch& b,
                             const std::uint8_t* verdicts) noexcept {
  if (!fits(b.count, CHOPMARK_SIGNATURE_BYTES)) return CHOPMARK_ERROR_SIZE;
  if (b.count != 0) {
    if (b.messages == nullptr && b.messages_size != 0) return CHOPMARK_ERROR_NULL;
    if (b.signatures == nullptr || b.message_offsets == nullptr || verdicts == nullptr) {
      return CHOPMARK_ERROR_NULL;
    }
    if (!offsets_in_order(b.message_offsets, b.count, b.messages_size)) {
      return CHOPMARK_ERROR_OFFSETS;
    }
  }
  if (const chopmark_status status = check_keys(b); status != CHOPMARK_OK) return status;
  const Extent out{verdicts, b.count};
  const Extent inputs[] = {
      {&b, b.struct_size},
      {b.public_keys, b.count * CHOPMARK_KEY_BYTES},
      {b.key_index, b.count * sizeof *b.key_index},
      {b.signatures, b.count * CHOPMARK_SIGNATURE_BYTES},
      {b.messages, b.messages_size},
      {b.message_offsets, (b.count + 1) * sizeof *b.message_offsets},
  };
  const bool apart = std::none_of(std::begin(inputs), std::end(inputs),
                                  [&](const Extent& input) { return out.overlaps(input); });
  return apart ? CHOPMARK_OK : CHOPMARK_ERROR_OVERLAP;
}

sig::Batch batch_of(const chopmark_ed25519_batch& b) noexcept {
  const bool packed = b.public_keys != nullptr;
  return {
      .public_keys = Items::fixed(b.public_keys, CHOPMARK_KEY_BYTES, packed ? b.count : 0),
      .key_set = packed ? nullptr : &b.key_set->keys,
      .key_index = {b.key_index, packed ? 0 : b.count},
      .signatures = Items::fixed(b.signatures, CHOPMARK_SIGNATURE_BYTES, b.count),
      .messages = Items::ragged(b.messages, b.message_offsets, b.count),
  };
}

}  // namespace
}  // namespace chopmark::c

chopmark_status chopmark_key_set_new(const std::uint8_t* public_keys, std::size_t count,
                                     std::uint32_t flags, chopmark_key_set** out) noexcept {
  if (out == nullptr || (public_keys == nullptr && count != 0)) return CHOPMARK_ERROR_NULL;
  if ((flags & ~std::uint32_t{CHOPMARK_KEY_SET_TABLES}) != 0) return CHOPMARK_ERROR_FLAGS;
  if (!chopmark::c::fits(count, CHOPMARK_KEY_BYTES)) return CHOPMARK_ERROR_SIZE;
  return chopmark::c::guarded([&] {
    const auto keys = chopmark::Items::fixed(public_keys, CHOPMARK_KEY_BYTES, count);
    *out = new chopmark_key_set{{keys, (flags & CHOPMARK_KEY_SET_TABLES) != 0}};
  });
}

void chopmark_key_set_free(chopmark_key_set* key_set) noexcept {
  delete key_set;
}

std::size_t chopmark_key_set_size(const chopmark_key_set* key_set) noexcept {
  return key_set == nullptr ? 0 : key_set->keys.size();
}

chopmark_status chopmark_ed25519_verify_batch(const chopmark_ed25519_batch* batch,
                                              std::uint8_t* verdicts) noexcept {
  using namespace chopmark;
  if (batch == nullptr) return CHOPMARK_ERROR_NULL;
  if (!c::known_struct(*batch)) return CHOPMARK_ERROR_STRUCT;
  const std::optional<sig::Rule> rule = c::rule_of(batch->rule);
  if (!rule) return CHOPMARK_ERROR_RULE;
  const std::optional<sig::Method> method = c::method_of(batch->method, *rule);
  if (!method) return CHOPMARK_ERROR_METHOD;
  if (batch->threads > CHOPMARK_THREADS_MAX) return CHOPMARK_ERROR_THREADS;
  if (const chopmark_status status = c::check_arrays(*batch, verdicts); status != CHOPMARK_OK) {
    return status;
  }
  if (batch->count == 0) return CHOPMARK_OK;
  const chopmark_status status = c::guarded(
      [&] { sig::verify_batch(c::batch_of(*batch), *rule, *method, batch->threads, verdicts); });
  if (status != CHOPMARK_OK) std::fill_n(verdicts, batch->count, std::uint8_t{0});
  return status;
}
