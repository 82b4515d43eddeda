// SPDX-License-Identifier: Apache-2.0
// BLAKE3 in sixteen lanes, and what would leave half of them idle in eight.

void blake3_chunks_x16(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* data,
                       std::size_t count, std::uint64_t counter, std::uint32_t mode) {
  while (count > 8) {
    const std::size_t now = count < 16 ? count : 16;
    Blake3Lanes<U32x16>::chunks(out, key, data, now, counter, mode);
    out += 32 * now, data += kBlake3ChunkBytes * now, counter += now, count -= now;
  }
  blake3_chunks_x8(out, key, data, count, counter, mode);
}

void blake3_parents_x16(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* children,
                        std::size_t count, std::uint32_t mode) {
  while (count > 8) {
    const std::size_t now = count < 16 ? count : 16;
    Blake3Lanes<U32x16>::parents(out, key, children, now, mode);
    out += 32 * now, children += 64 * now, count -= now;
  }
  blake3_parents_x8(out, key, children, count, mode);
}

void blake3_output_x16(std::uint8_t* out, const Blake3Node& root, std::uint64_t counter,
                       std::size_t count) {
  while (count > 8) {
    const std::size_t now = count < 16 ? count : 16;
    Blake3Lanes<U32x16>::output(out, root, counter, now);
    out += 64 * now, counter += now, count -= now;
  }
  blake3_output_x8(out, root, counter, count);
}

void blake3_small_many_x16(std::uint8_t* out, const std::uint32_t key[8], const RawView* items,
                           std::size_t count, std::uint32_t mode) {
  if (count <= 8) return blake3_small_many_x8(out, key, items, count, mode);
  blake3_small_in_lanes<U32x16>(out, key, items, count, mode);
}

void blake3_keyed_blocks_x16(const BlockJob* jobs, std::size_t count, const std::uint32_t key[8]) {
  while (count > 8) {
    const std::size_t now = count < 16 ? count : 16;
    Blake3Lanes<U32x16>::keyed_blocks(jobs, now, key);
    jobs += now, count -= now;
  }
  blake3_keyed_blocks_x8(jobs, count, key);
}
