/* SPDX-License-Identifier: Apache-2.0
 *
 * The C interface of chopmark: Ed25519 verification and hashing, many items in one call. C99 or
 * C++.
 *
 * Arguments. A call that returns a chopmark_status checks every argument before it writes anything,
 * so that an argument error leaves every output as it was. What a library cannot check is the
 * caller's word: that a pointer leads to as much memory as the description says, and that a key set
 * has not been freed.
 *
 * Ownership. Everything that is passed in is borrowed for the time of the call and not changed. The
 * caller owns all buffers; the only object of the library is chopmark_key_set. Returned strings are
 * static and never freed.
 *
 * Threads. Every function may be called from any thread at any time. A key set is immutable, so
 * threads may share it; chopmark_key_set_free must come after the last use. Inputs must not be
 * written to during a call.
 *
 * Errors. No C++ exception leaves the library. Where memory is short, the status is
 * CHOPMARK_ERROR_MEMORY, and an output array of count items is all zero: no signature is accepted.
 *
 * Compatibility. CHOPMARK_ABI_VERSION changes when a program built against an older header could
 * misbehave. Functions, constants, and fields at the end of a struct can be added without that.
 */
#ifndef CHOPMARK_H
#define CHOPMARK_H

#include <stddef.h>
#include <stdint.h>

#define CHOPMARK_ABI_VERSION 1

#if defined(__GNUC__)
#define CHOPMARK_API __attribute__((visibility("default")))
#else
#define CHOPMARK_API
#endif

#ifdef __cplusplus
#define CHOPMARK_NOEXCEPT noexcept
extern "C" {
#else
#define CHOPMARK_NOEXCEPT
#endif

/* Enumerations travel as integers of fixed width: an unknown value is then an error to report, and
 * the size does not depend on the compiler. */

typedef int32_t chopmark_status;
enum {
  CHOPMARK_OK = 0,
  CHOPMARK_ERROR_NULL = 1,             /* a pointer is NULL where there is something to point at */
  CHOPMARK_ERROR_STRUCT = 2,           /* struct_size, or a field that this library cannot honour */
  CHOPMARK_ERROR_RULE = 3,             /* unknown rule */
  CHOPMARK_ERROR_METHOD = 4,           /* unknown method, or one that the rule does not allow */
  CHOPMARK_ERROR_HASH = 5,             /* unknown hash */
  CHOPMARK_ERROR_FLAGS = 6,            /* unknown flag */
  CHOPMARK_ERROR_KEYS = 7,             /* neither packed keys nor key set with index, or both */
  CHOPMARK_ERROR_KEY_INDEX = 8,        /* an index is not below the size of the key set */
  CHOPMARK_ERROR_OFFSETS = 9,          /* offsets decrease or pass the end of the data */
  CHOPMARK_ERROR_SIZE = 10,            /* a count or size that no memory holds, or that disagrees */
  CHOPMARK_ERROR_THREADS = 11,         /* more than CHOPMARK_THREADS_MAX */
  CHOPMARK_ERROR_OVERLAP = 12,         /* the output shares memory with an input */
  CHOPMARK_ERROR_BACKEND_UNKNOWN = 13, /* this build has no such backend */
  CHOPMARK_ERROR_BACKEND_UNSUPPORTED = 14, /* this processor does not run it */
  CHOPMARK_ERROR_MEMORY = 15,              /* not enough memory */
  CHOPMARK_ERROR_INTERNAL = 16             /* a bug of chopmark: please report it */
};

/* When an Ed25519 signature is valid (docs/spec/signatures.md). */
typedef uint32_t chopmark_rule;
enum {
  CHOPMARK_RULE_ZIP215 = 0, /* cofactored, ZIP-215 decoding: the rule of the ledger */
  CHOPMARK_RULE_STRICT = 1  /* cofactorless; small order and non-canonical encodings refused */
};

/* How a batch is computed; the verdicts are the same. */
typedef uint32_t chopmark_method;
enum {
  CHOPMARK_METHOD_AUTO = 0,
  CHOPMARK_METHOD_EXACT = 1,   /* one equation for each signature */
  CHOPMARK_METHOD_COMBINED = 2 /* one equation for many; CHOPMARK_RULE_ZIP215 only */
};

typedef uint32_t chopmark_hash;
enum {
  CHOPMARK_SHA256 = 1, /* digests of 32 bytes */
  CHOPMARK_SHA512 = 2, /* 64 bytes */
  CHOPMARK_BLAKE3 = 3, /* 32 bytes */
  CHOPMARK_SM3 = 4     /* 32 bytes */
};

enum { CHOPMARK_KEY_BYTES = 32, CHOPMARK_SIGNATURE_BYTES = 64, CHOPMARK_THREADS_MAX = 256 };

/* The ABI version of the library that runs: compare it with CHOPMARK_ABI_VERSION. */
CHOPMARK_API uint32_t chopmark_abi_version(void) CHOPMARK_NOEXCEPT;

/* The version of the package, as in "0.1.0". */
CHOPMARK_API const char* chopmark_version(void) CHOPMARK_NOEXCEPT;

/* One line in English for any value of `status`, never NULL. */
CHOPMARK_API const char* chopmark_status_text(chopmark_status status) CHOPMARK_NOEXCEPT;

/* The most capable level of kernels in use, as in "portable". */
CHOPMARK_API const char* chopmark_backend_name(void) CHOPMARK_NOEXCEPT;

/* Caps the kernels of this library, for the whole process, at `name`; NULL or "" chooses the most
 * capable that the processor has, which is also how a process starts (no environment variable is
 * read). Calls that run meanwhile finish as they were.
 * Errors: BACKEND_UNKNOWN, BACKEND_UNSUPPORTED. */
CHOPMARK_API chopmark_status chopmark_use_backend(const char* name) CHOPMARK_NOEXCEPT;

/* Public keys, decoded once. */
typedef struct chopmark_key_set chopmark_key_set;

/* Flags of chopmark_key_set_new. TABLES is a hint for a set that will be used often: some 110 kB
 * more for each key and a slower start, less time for each signature that is checked by itself. It
 * changes no verdict. */
enum { CHOPMARK_KEY_SET_TABLES = 1 };

/* Decodes `count` keys of 32 bytes, packed one after another, and stores a new key set in *out, to
 * be freed with chopmark_key_set_free. A key that is no point is kept: every signature by it is
 * refused. The bytes are copied. `public_keys` may be NULL if count is 0.
 * Errors: NULL, FLAGS, SIZE, MEMORY; *out is then as it was. */
CHOPMARK_API chopmark_status chopmark_key_set_new(const uint8_t* public_keys, size_t count,
                                                  uint32_t flags,
                                                  chopmark_key_set** out) CHOPMARK_NOEXCEPT;

/* NULL is allowed and does nothing. */
CHOPMARK_API void chopmark_key_set_free(chopmark_key_set* key_set) CHOPMARK_NOEXCEPT;

/* The number of keys; 0 for NULL. */
CHOPMARK_API size_t chopmark_key_set_size(const chopmark_key_set* key_set) CHOPMARK_NOEXCEPT;

/* A batch of signatures. Start from CHOPMARK_ED25519_BATCH_INIT, so that fields which a later
 * header adds are zero, their neutral value. The keys come in one of two forms: `public_keys`, or
 * `key_set` with `key_index`; the other fields of the two are NULL. If count is 0, every pointer
 * may be NULL. */
typedef struct chopmark_ed25519_batch {
  size_t struct_size;              /* sizeof(chopmark_ed25519_batch) */
  size_t count;                    /* n, the number of signatures */
  const uint8_t* public_keys;      /* n x 32 bytes */
  const chopmark_key_set* key_set; /* or keys that signatures refer to */
  const uint64_t* key_index;       /* by these n indexes, each below the size of the set */
  const uint8_t* signatures;       /* n x 64 bytes, R then s */
  const uint8_t* messages;         /* messages_size bytes; NULL only if there are none */
  size_t messages_size;
  const uint64_t* message_offsets; /* n + 1, not decreasing, the last at most messages_size:
                                      message i is messages[offsets[i]] up to offsets[i + 1] */
  chopmark_rule rule;
  chopmark_method method;
  uint32_t threads;  /* how many share the work; 0 for one per core */
  uint32_t reserved; /* 0 */
} chopmark_ed25519_batch;

#ifdef __cplusplus
#define CHOPMARK_ED25519_BATCH_INIT                                                              \
  (chopmark_ed25519_batch{sizeof(chopmark_ed25519_batch), 0, nullptr, nullptr, nullptr, nullptr, \
                          nullptr, 0, nullptr, 0, 0, 0, 0})
#else
#define CHOPMARK_ED25519_BATCH_INIT \
  {sizeof(chopmark_ed25519_batch), 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 0, 0}
#endif

/* Writes n bytes to `verdicts`: 1 if signature i is valid under the rule, else 0. A signature that
 * is not valid is no error. `verdicts` overlaps no input. The verdict depends on rule, key,
 * signature and message alone. Errors: NULL, STRUCT, RULE, METHOD, KEYS, KEY_INDEX, OFFSETS, SIZE,
 * THREADS, OVERLAP; `verdicts` is then as it was. MEMORY: all verdicts are 0. */
CHOPMARK_API chopmark_status chopmark_ed25519_verify_batch(const chopmark_ed25519_batch* batch,
                                                           uint8_t* verdicts) CHOPMARK_NOEXCEPT;

/* The bytes of one digest; 0 for an unknown hash. */
CHOPMARK_API size_t chopmark_digest_size(chopmark_hash hash) CHOPMARK_NOEXCEPT;

/* Hashes `count` items: item i is data[offsets[i]] up to offsets[i + 1]. `offsets` has count + 1
 * entries, not decreasing, the last at most data_size. Digest i goes to `digests` at
 * i * chopmark_digest_size(hash); digests_size is count times that and is there to be checked.
 * `digests` overlaps no input. If count is 0, every pointer may be NULL; `data` also if data_size
 * is 0. `threads` share the work, 0 for one per core.
 * Errors: NULL, HASH, OFFSETS, SIZE, THREADS, OVERLAP; `digests` is then as it was. MEMORY: all
 * digests are zero. */
CHOPMARK_API chopmark_status chopmark_hash_many(chopmark_hash hash, const uint8_t* data,
                                                size_t data_size, const uint64_t* offsets,
                                                size_t count, uint8_t* digests, size_t digests_size,
                                                uint32_t threads) CHOPMARK_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
