// SPDX-License-Identifier: Apache-2.0
// BLAKE3 in eight lanes. Also read by the AVX-512 backend, for what does not fill sixteen.

void blake3_chunks_x8(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* data,
                      std::size_t count, std::uint64_t counter, std::uint32_t mode) {
  while (count > 1) {
    const std::size_t now = count < 8 ? count : 8;
    Blake3Lanes<U32x8>::chunks(out, key, data, now, counter, mode);
    out += 32 * now, data += kBlake3ChunkBytes * now, counter += now, count -= now;
  }
  if (count != 0) blake3_chunks_portable(out, key, data, count, counter, mode);
}

void blake3_parents_x8(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* children,
                       std::size_t count, std::uint32_t mode) {
  while (count > 1) {
    const std::size_t now = count < 8 ? count : 8;
    Blake3Lanes<U32x8>::parents(out, key, children, now, mode);
    out += 32 * now, children += 64 * now, count -= now;
  }
  if (count != 0) blake3_parents_portable(out, key, children, count, mode);
}

void blake3_output_x8(std::uint8_t* out, const Blake3Node& root, std::uint64_t counter,
                      std::size_t count) {
  while (count > 1) {
    const std::size_t now = count < 8 ? count : 8;
    Blake3Lanes<U32x8>::output(out, root, counter, now);
    out += 64 * now, counter += now, count -= now;
  }
  if (count != 0) blake3_output_portable(out, root, counter, count);
}

void blake3_small_many_x8(std::uint8_t* out, const std::uint32_t key[8], const RawView* items,
                          std::size_t count, std::uint32_t mode) {
  if (count < 2) return blake3_small_many_portable(out, key, items, count, mode);
  blake3_small_in_lanes<U32x8>(out, key, items, count, mode);
}

void blake3_keyed_blocks_x8(const BlockJob* jobs, std::size_t count, const std::uint32_t key[8]) {
  while (count > 1) {
    const std::size_t now = count < 8 ? count : 8;
    Blake3Lanes<U32x8>::keyed_blocks(jobs, now, key);
    jobs += now, count -= now;
  }
  if (count != 0) blake3_keyed_blocks_portable(jobs, count, key);
}
