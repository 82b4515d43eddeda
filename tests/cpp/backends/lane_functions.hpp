// SPDX-License-Identifier: Apache-2.0
// What the texts of cpp/src/backends/lanes compute, as plain functions of words: over an array on
// every processor, over registers where the processor has them. Included by objects that are
// compiled for a newer processor: no templates, no inline functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/backend.hpp"

namespace chopmark::test {

/// One word in each lane.
struct LaneWord {
  std::uint64_t lane[8];
};
/// A LaneFe or LaneRaw.
struct LaneElement {
  LaneWord limb[5];
};
/// A structure of point.inl: its elements in their order.
struct LanePoint {
  LaneElement at[4];
};

struct LaneFunctions {
  const char* name;

  // Vec
  void (*splat)(LaneWord& out, std::uint64_t word);
  void (*opaque_splat)(LaneWord& out, std::uint64_t word);
  void (*copy)(std::uint64_t* out, const std::uint64_t* words);  // load, store
  void (*add)(LaneWord& out, const LaneWord& a, const LaneWord& b);
  void (*sub)(LaneWord& out, const LaneWord& a, const LaneWord& b);
  void (*bits_and)(LaneWord& out, const LaneWord& a, const LaneWord& b);
  void (*bits_or)(LaneWord& out, const LaneWord& a, const LaneWord& b);
  void (*times)(LaneWord& out, const LaneWord& a, const LaneWord& b);
  void (*shifted_left)(LaneWord& out, const LaneWord& a, unsigned bits);
  void (*shifted_right)(LaneWord& out, const LaneWord& a, unsigned bits);
  void (*madd_lo)(LaneWord& out, const LaneWord& sum, const LaneWord& a, const LaneWord& b);
  void (*madd_hi)(LaneWord& out, const LaneWord& sum, const LaneWord& a, const LaneWord& b);
  void (*select)(LaneWord& out, std::uint8_t mask, const LaneWord& a, const LaneWord& b);
  std::uint8_t (*equal)(const LaneWord& a, const LaneWord& b);
  bool (*all_below)(const LaneWord& a, const LaneWord& bound);
  // Words of 8 rows, at most 24.
  void (*load_columns)(LaneWord* columns, const std::uint64_t* const* rows, unsigned count);
  void (*store_columns)(std::uint64_t* const* rows, const LaneWord* columns, unsigned count);
  void (*load_part)(LaneWord* columns, const std::uint64_t* const* rows, unsigned part);
  void (*store_part)(std::uint64_t* const* rows, const LaneWord* columns, unsigned part);

  // field51.inl
  void (*fe_splat)(LaneElement& out, const std::uint64_t* limbs);
  void (*fe_small)(LaneElement& out, std::uint64_t value);
  void (*curve_d)(LaneElement& out);
  void (*curve_2d)(LaneElement& out);
  void (*sqrt_minus_one)(LaneElement& out);
  void (*raw_add)(LaneElement& out, const LaneElement& a, const LaneElement& b);
  void (*raw_sub)(LaneElement& out, const LaneElement& a, const LaneElement& b);
  void (*product)(LaneElement& out, const LaneElement& a, const LaneElement& b);
  void (*square)(LaneElement& out, const LaneElement& a);
  void (*carry)(LaneElement& out, const LaneElement& a);
  void (*recarried)(LaneElement& out, const LaneElement& a);
  void (*sum)(LaneElement& out, const LaneElement& a, const LaneElement& b);
  void (*difference)(LaneElement& out, const LaneElement& a, const LaneElement& b);
  void (*mul)(LaneElement& out, const LaneElement& a, const LaneElement& b);
  void (*sqr)(LaneElement& out, const LaneElement& a);
  void (*canonical)(LaneElement& out, const LaneElement& a);
  void (*fe_select)(LaneElement& out, std::uint8_t mask, const LaneElement& a,
                    const LaneElement& b);
  std::uint8_t (*equal_limbs)(const LaneElement& a, const LaneElement& b);
  std::uint8_t (*is_zero)(const LaneElement& a);
  std::uint8_t (*is_odd)(const LaneElement& a);

  // point.inl
  void (*to_projective)(LanePoint& out, const LanePoint& completed);
  void (*to_sums)(LanePoint& out, const LanePoint& completed);
  void (*identity_sums)(LanePoint& out);
  void (*to_cached)(LanePoint& out, const LanePoint& sums);
  void (*to_niels)(LanePoint& out, const LaneElement& x, const LaneElement& y);
  void (*negated)(LanePoint& out, const LanePoint& niels);
  void (*doubled)(LanePoint& out, const LanePoint& projective);
  void (*add_cached)(LanePoint& out, const LanePoint& sums, const LanePoint& cached,
                     std::uint8_t negative);
  void (*add_niels)(LanePoint& out, const LanePoint& sums, const LanePoint& niels,
                    std::uint8_t negative);
  void (*add_sums)(LanePoint& out, const LanePoint& p, const LanePoint& q);
  void (*load_sums)(LanePoint& out, const std::uint64_t* const* rows);
  void (*store_sums)(std::uint64_t* const* rows, const LanePoint& sums);
  void (*load_niels)(LanePoint& out, const std::uint64_t* const* rows);
  void (*store_niels)(std::uint64_t* const* rows, const LanePoint& niels);
  void (*splat_niels)(LanePoint& out, const std::uint64_t* words);
  void (*store_points)(std::uint64_t* const* rows, const LanePoint& sums);
  std::uint8_t (*is_identity)(const LanePoint& projective);
  std::uint8_t (*is_small_order)(const LanePoint& completed);

  // decode.inl
  void (*load_encodings)(LaneElement& out, std::uint8_t& sign,
                         const std::uint8_t* const* encodings);
  void (*pow_p58)(LaneElement& a, LaneElement& b);  // each replaced
  void (*invert)(LaneElement& a, LaneElement& b);

  // exact.inl
  void (*fixed_digits)(std::int16_t* digits, const std::uint64_t* words, int width, int windows);
  int key_bits, key_windows, base_bits, base_windows;

  // The slots of Kernels with these names.
  decltype(Kernels::reduce_digests) reduce_digests;
  decltype(Kernels::coefficient_digits) coefficient_digits;
  decltype(Kernels::decode_points) decode_points;
  decltype(Kernels::verify_exact) verify_exact;
  decltype(Kernels::window_sums) window_sums;
};

/// Over the array.
extern const LaneFunctions kArrayLanes;
/// Over the registers of AVX-512; null where the compiler does not make code for them.
extern const LaneFunctions* const kAvx512IfmaLanes;

}  // namespace chopmark::test
