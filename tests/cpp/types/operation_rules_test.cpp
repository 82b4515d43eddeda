// SPDX-License-Identifier: Apache-2.0
// For every rule of C-27, C-28 and C-50..C-68 a body that breaks it: error and offset (C-5).
#include "types/operation_samples.hpp"

namespace chopmark::test {
namespace {

/// A sample whose bytes from `at` on are overwritten.
struct Change {
  const char* sample;
  std::size_t at;
  std::string hex;
};

Bytes changed_body(const Change& change) {
  Bytes body = operation_sample(change.sample).body();
  const Bytes bytes = from_hex(change.hex);
  EXPECT(change.at + bytes.size() <= body.size());
  std::copy(bytes.begin(), bytes.end(), body.begin() + static_cast<std::ptrdiff_t>(change.at));
  return body;
}

struct Broken {
  Change change;
  Error error;
  std::size_t offset;
};

void expect_broken(const std::vector<Broken>& all) {
  for (const Broken& one : all) {
    const OperationSample& sample = operation_sample(one.change.sample);
    const auto checked = check_body(sample.code(), changed_body(one.change));
    const std::string found = checked ? "accepted"
                                      : std::string(error_name(checked.failure().error)) + " " +
                                            std::to_string(checked.failure().offset);
    const std::string wanted =
        std::string(error_name(one.error)) + " " + std::to_string(one.offset);
    EXPECT_EQ(sample.name + ": " + found, sample.name + ": " + wanted);
  }
}

void expect_accepted(const std::vector<Change>& all) {
  for (const Change& one : all) {
    const OperationSample& sample = operation_sample(one.sample);
    if (!check_body(sample.code(), changed_body(one))) EXPECT_EQ(sample.name, "accepted");
  }
}

std::string zeros(std::size_t bytes) {
  return std::string(2 * bytes, '0');
}

std::string hex_of(const char* sample, std::size_t at, std::size_t size) {
  return to_hex(ByteView(operation_sample(sample).body()).subspan(at, size));
}

}  // namespace

TEST(rules_of_actions_and_kinds) {
  for (const auto& [sample, unknown] :
       std::vector<std::pair<const char*, const char*>>{{"expel", "0f"},
                                                        {"key add", "06"},
                                                        {"create", "06"},
                                                        {"attest 1", "03"},
                                                        {"grant", "03"},
                                                        {"use", "03"},
                                                        {"transfer", "03"},
                                                        {"settle", "05"}}) {
    expect_broken({{{sample, 0, "00"}, Error::tag, 1},
                   {{sample, 0, unknown}, Error::tag, 1},
                   {{sample, 0, "ff"}, Error::tag, 1}});
  }
}

TEST(rules_of_admit_and_names) {
  expect_broken({{{"admit", 5, "00"}, Error::limit, 6},
                 {{"admit", 5, "41"}, Error::limit, 6},
                 {{"admit", 6, "41"}, Error::value, 13},   // A
                 {{"admit", 12, "5f"}, Error::value, 13},  // _
                 {{"admit", 12, "00"}, Error::value, 13}});
}

TEST(rules_of_roles) {
  expect_broken({{{"roles", 7, "1000"}, Error::value, 9}, {{"roles", 7, "8001"}, Error::value, 9}});
  expect_accepted({{"roles", 7, "0000"}, {"roles", 7, "0001"}});
}

TEST(rules_of_validators) {
  expect_broken({{{"validators", 1, "00"}, Error::limit, 2},
                 {{"validators", 1, "21"}, Error::limit, 2},
                 {{"validators", 34, hex_of("validators", 2, 32)}, Error::order, 66},
                 {{"validators", 66, hex_of("validators", 2, 32)}, Error::order, 98},
                 {{"validators", 66, hex_of("validators", 34, 32)}, Error::order, 98}});
}

TEST(rules_of_council) {
  expect_broken({{{"council", 2, "00"}, Error::limit, 3},
                 {{"council", 2, "11"}, Error::limit, 3},
                 {{"council", 1, "00"}, Error::value, 3},
                 {{"council", 1, "04"}, Error::value, 3},
                 {{"council", 7, "00000003"}, Error::order, 11},
                 {{"council", 11, "00000004"}, Error::order, 15}});
  expect_accepted({{"council", 1, "01"}, {"council", 1, "03"}});
}

TEST(rules_of_parameter) {
  expect_broken({{{"parameter", 1, "00"}, Error::tag, 2}, {{"parameter", 1, "03"}, Error::tag, 2}});
  expect_accepted({{"parameter", 1, "01"}});
}

TEST(rules_of_schema) {
  expect_broken({{{"schema", 1, "0000"}, Error::value, 3},
                 {{"schema", 5, "03"}, Error::tag, 6},
                 {{"schema", 6, "1000"}, Error::value, 8}});
  expect_accepted({{"schema", 3, "0000"}, {"schema", 5, "00"}, {"schema", 6, "0000"}});
}

TEST(rules_of_template) {
  expect_broken({{{"template", 5, "02"}, Error::value, 6},
                 {{"template", 38, "00"}, Error::limit, 39},
                 {{"template", 38, "09"}, Error::limit, 39},
                 {{"template", 41, "f000"}, Error::value, 43},
                 {{"template", 45, "00"}, Error::value, 46},
                 {{"template", 45, "08"}, Error::value, 46},
                 {{"template", 46, "00"}, Error::limit, 47},
                 {{"template", 46, "21"}, Error::limit, 47},
                 {{"template", 77, "61"}, Error::limit, 78}});
  expect_accepted({{"template", 1, "0000"}, {"template", 5, "00"}, {"template", 45, "07"}});
}

TEST(rules_of_template_states) {
  expect_broken({{{"template", 47, "02"}, Error::tag, 48},
                 {{"template", 56, "03"}, Error::value, 57},      // no such state
                 {{"template", 47, "01"}, Error::value, 57},      // closed, with a limit
                 {{"template", 48, zeros(8)}, Error::value, 57},  // no limit, but where it leads
                 {{"template", 66, "01"}, Error::value, 67},
                 {{"template", 75, "01"}, Error::value, 77}});
  expect_accepted({{"template", 56, "00"}, {"template", 48, zeros(9)}});
}

TEST(rules_of_template_transitions) {
  expect_broken({{{"template", 86, "03"}, Error::value, 94},    // from
                 {{"template", 87, "00"}, Error::value, 94},    // event
                 {{"template", 88, "03"}, Error::value, 94},    // to
                 {{"template", 89, "08"}, Error::value, 94},    // by
                 {{"template", 90, "08"}, Error::value, 94},    // with
                 {{"template", 91, "1000"}, Error::value, 94},  // role_bits
                 {{"template", 91, "0000"}, Error::value, 94},  // by nobody
                 {{"template", 93, "11"}, Error::value, 94},    // refs
                 {{"template", 87, "01"}, Error::order, 94},    // the pair before
                 {{"template", 94, "00"}, Error::order, 102},   // a pair further before
                 {{"template", 86,
                   "000102000000"
                   "4011"},
                  Error::value,
                  94}});  // value first
  Bytes body = operation_sample("template").body();
  for (std::size_t size = 86; size < 94; ++size) {
    const auto cut = check_body(OperationCode::governance, ByteView(body).first(size));
    EXPECT(!cut && cut.failure() == (Failure{Error::truncated, 86}));
  }
}

TEST(rules_of_class) {
  expect_broken({{{"lots", 7, "47"}, Error::value, 8},
                 {{"lots", 12, "03"}, Error::tag, 13},
                 {{"lots", 13, "0b"}, Error::tag, 14},
                 {{"lots", 14, "1000"}, Error::value, 16},
                 {{"lots", 20, zeros(8)}, Error::value, 28},
                 {{"lots", 28, zeros(8)}, Error::value, 36}});
  // Fields that do not go together, when all have been read.
  expect_broken({{{"lots", 7, "06"}, Error::value, 76},         // a record, but no lots
                 {{"lots", 12, "0000"}, Error::value, 76},      // lots of nothing
                 {{"lots", 12, "01"}, Error::value, 76},        // a claim on a value
                 {{"lots", 16, "00000001"}, Error::value, 76},  // holders counted in lots
                 {{"lots", 7, "05"}, Error::value, 76},         // an issuer without its flag
                 {{"units", 8, "00000001"}, Error::value, 76},
                 {{"units", 12, "02"}, Error::value, 76},
                 {{"units", 13, "01"}, Error::value, 76}});
  expect_accepted({{"lots", 12, "0100"},
                   {"lots", 13, "00"},
                   {"lots", 13, "0a"},
                   {"lots", 8, "00000000"},
                   {"units", 12, "01"},
                   {"units", 7, "02"}});
}

TEST(rules_of_retire) {
  expect_broken({{{"retire schema", 1, "00"}, Error::tag, 2},
                 {{"retire schema", 1, "04"}, Error::tag, 2},
                 {{"retire schema", 2, "00010000"}, Error::value, 6},
                 {{"retire template", 2, "00010000"}, Error::value, 6}});
}

TEST(rules_of_hold) {
  expect_broken(
      {{{"hold record", 1, "00"}, Error::tag, 2}, {{"hold record", 1, "05"}, Error::tag, 2}});
  expect_accepted({{"hold record", 1, "02"}, {"hold record", 1, "03"}});
}

TEST(rules_of_key) {
  expect_broken({{{"key add", 5, "02"}, Error::value, 6}, {{"key add", 5, "81"}, Error::value, 6}});
  expect_accepted({{"key add", 5, "00"}});
}

TEST(rules_of_record) {
  expect_broken({{{"create", 33, "00000001"}, Error::value, 37},
                 {{"create with nullifier", 33, "00000001"}, Error::value, 37},
                 {{"amend", 33, "00000000"}, Error::value, 37},
                 {{"withdraw", 33, "00000000"}, Error::value, 37},
                 {{"erase", 33, "00000000"}, Error::value, 37},
                 {{"create with nullifier", 79, zeros(32)}, Error::value, 111}});
}

TEST(rules_of_refs) {
  // One row for each operation with references; they are compared when all have been read.
  expect_broken({{{"create", 79, "11"}, Error::limit, 80},
                 {{"create with nullifier", 111, "11"}, Error::limit, 112},
                 {{"amend", 79, "11"}, Error::limit, 80},
                 {{"open", 87, "11"}, Error::limit, 88},
                 {{"step", 66, "11"}, Error::limit, 67},
                 {{"create", 80, "01"}, Error::order, 176},
                 {{"create with nullifier", 112, "01"}, Error::order, 208},
                 {{"amend", 80, "01"}, Error::order, 592},
                 {{"open", 88, "01"}, Error::order, 152},
                 {{"step", 67, "01"}, Error::order, 131},
                 {{"create", 112, zeros(32)}, Error::order, 176}});  // the one before
  const auto cut = [](const char* sample, std::size_t size) {
    const OperationSample& one = operation_sample(sample);
    return check_body(one.code(), ByteView(one.body()).first(size)).failure();
  };
  EXPECT(cut("create", 175) == (Failure{Error::truncated, 80}));
  EXPECT(cut("create", 79) == (Failure{Error::truncated, 79}));
  EXPECT(cut("create", 78) == (Failure{Error::truncated, 71}));
}

TEST(rules_of_attest) {
  expect_broken({{{"attest 1", 33, "00000000"}, Error::value, 37},
                 {{"attest 1", 37, "00"}, Error::tag, 38},
                 {{"attest 1", 37, "0b"}, Error::tag, 38}});
  expect_accepted({{"attest 1", 38, zeros(32)}});
}

TEST(rules_of_grant_and_use) {
  expect_broken({{{"grant", 37, "0000"}, Error::value, 39},
                 {{"grant", 39, "00000000"}, Error::value, 43},
                 {{"use", 33, "0000"}, Error::value, 35},
                 {{"break glass", 33, "0000"}, Error::value, 35}});
  expect_accepted({{"grant", 43, zeros(8)}, {"grant", 51, zeros(32)}, {"grant", 37, "ffff"}});
}

TEST(rules_of_open) {
  expect_broken({{{"open", 74, "00"}, Error::limit, 75},
                 {{"open", 74, "09"}, Error::limit, 75},
                 {{"open", 79, "21222324"}, Error::order, 83},
                 {{"open", 83, "21222324"}, Error::order, 87},
                 {{"open", 83, "00000007"}, Error::order, 87}});
}

TEST(rules_of_step) {
  expect_broken({{{"step", 32, "20"}, Error::value, 33}});
  expect_accepted({{"step", 33, "00"}});
}

TEST(rules_of_quantities) {
  expect_broken({{{"issue", 8, zeros(8)}, Error::value, 16},
                 {{"transfer", 41, zeros(8)}, Error::value, 49},
                 {{"transfer by order", 45, zeros(8)}, Error::value, 53},
                 {{"redeem 1", 40, zeros(8)}, Error::value, 48},
                 {{"redeem 1", 48, "00"}, Error::tag, 49},
                 {{"redeem 1", 48, "06"}, Error::tag, 49}});
}

TEST(rules_of_lock) {
  expect_broken({{{"lock on case", 69, zeros(8)}, Error::value, 77},
                 {{"lock on case", 89, "00"}, Error::tag, 90},
                 {{"lock on case", 89, "04"}, Error::tag, 90},
                 {{"lock on case", 122, "20"}, Error::value, 123}});
}

}  // namespace chopmark::test
