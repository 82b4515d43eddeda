// SPDX-License-Identifier: Apache-2.0
// What one validator cannot honestly have signed (docs/spec/consensus.md B-90, codec.md C-45): pure
// functions, which say what signatures show it and leave checking these to the caller.
// Floor: consensus.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "consensus/effect.hpp"
#include "types/message.hpp"

namespace chopmark::consensus {

/// Whether the justification fits the header (R3): the certificate of its parent, or none if that
/// is the anchor of the epoch (parent_view 0), and a nullification of every view between the two,
/// all of the header's epoch. Signatures are not looked at.
[[nodiscard]] bool justification_fits(const Header& header, const Justification& justification,
                                      const Digest& anchor);

/// Who signs in an epoch of a chain, and where it starts (B-12). Borrows.
struct Signers {
  const Digest& chain_id;
  const Digest& anchor;
  const std::vector<Digest>& validators;
};

/// Precondition: validators of the votes and certificates are below the number of validators.
[[nodiscard]] SignatureCheck vote_check(const Signers& signers, const Vote& vote);
void add_checks(std::vector<SignatureCheck>& out, const Signers& signers,
                const Certificate& certificate);

/// Evidence holds if all of `all_valid` verify and, where `one_invalid` is not empty, at least one
/// of it does not.
struct EvidenceClaim {
  std::vector<SignatureCheck> all_valid;
  std::vector<SignatureCheck> one_invalid;
};

/// Whether every signature verifies.
using AllValid = std::function<bool(std::span<const SignatureCheck>)>;
[[nodiscard]] bool claim_holds(const EvidenceClaim& claim, const AllValid& all_valid);

/// What shows the evidence, whose epoch is that of `signers`. A failure if it is none, whatever its
/// signatures are worth: the offset counts in the encoding of the evidence, and is the end of the
/// part at fault where that can be read. Error::order: the votes stand the wrong way round;
/// Error::value: they are not by the culprit, not of the epoch, or do not conflict; or the header
/// is not that of the vote, the justification is not that of the header or fits it without needing
/// a signature.
[[nodiscard]] Result<EvidenceClaim> check_evidence(const Evidence& evidence,
                                                   const Signers& signers);

/// Evidence from two votes of one validator in the order of C-45; none if an honest validator may
/// cast both.
[[nodiscard]] std::optional<Evidence> make_conflict(const Vote& a, const Vote& b);

/// E7 or E8: `vote` is a notarize or finalize of the header, which can be read, and whose
/// justification does not hold.
[[nodiscard]] Evidence make_unjustified(const Vote& vote, ByteView header, ByteView justification);

}  // namespace chopmark::consensus
