// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include "probe.hpp"
#include "sim/scheme.hpp"
#include "text.hpp"
#include "world.hpp"

namespace chopmark::search {
namespace {

constexpr std::uint64_t kStandstillsMax = 60;

using Words = std::vector<std::string>;

/// A line that cannot be done, or an expectation that does not hold.
struct Refused {
  std::string what;
};

std::uint64_t number(const std::string& word) {
  std::size_t end = 0;
  try {
    const std::uint64_t value = std::stoull(word, &end);
    if (end == word.size()) return value;
  } catch (const std::exception&) {
  }
  throw Refused{"not a number: " + word};
}

class Script {
 public:
  void line(const Words& words);
  std::unique_ptr<World> take_world() { return std::move(world_); }

 private:
  using Handler = void (Script::*)(const Words&);
  static const std::map<std::string, Handler>& handlers();

  void header(const Words& words);
  void propose(const Words& words);
  void deliver(const Words& words);
  void certificate(const Words& words);
  void vote(const Words& words);
  void ask(const Words& words);
  void question(const Words& words);
  void reply(const Words& words);
  void clock(const Words& words);
  void restart(const Words& words);
  void cut(const Words& words);
  void pending(const Words& words);
  void exchange(const Words& words);
  void run(const Words& words);
  void expect(const Words& words);
  void expect_final(const Words& words);
  void expect_signed(const Words& words, bool wanted);
  void expect_progress(const Words& words);

  World& world();
  Node& node(const std::string& word);
  [[nodiscard]] std::uint16_t liar();
  [[nodiscard]] std::vector<std::uint16_t> all_but_one() const;
  /// The nodes after the word `after`, up to a word that is no number.
  std::vector<std::uint16_t> nodes_after(const Words& words, const std::string& after);
  [[nodiscard]] std::optional<std::string> word_after(const Words& words, const std::string& after);
  Subject subject(const std::string& kind, const std::string& of);
  const Block& block(const std::string& name);
  void give(const Words& words, std::uint16_t link, ByteView message);
  [[nodiscard]] std::optional<std::size_t> take_cut(std::size_t node);
  static void hold(bool condition, const std::string& what) {
    if (!condition) throw Refused{what};
  }

  Setting setting_;
  std::unique_ptr<World> world_;  // made by the first line that is not part of the header
  std::map<std::size_t, std::size_t> cuts_;
};

const std::map<std::string, Script::Handler>& Script::handlers() {
  static const std::map<std::string, Handler> all = {
      {"n", &Script::header},
      {"byzantine", &Script::header},
      {"leaders", &Script::header},
      {"epoch_blocks", &Script::header},
      {"idle", &Script::header},
      {"propose", &Script::propose},
      {"deliver", &Script::deliver},
      {"block", &Script::deliver},
      {"notarization", &Script::certificate},
      {"nullification", &Script::certificate},
      {"finalization", &Script::certificate},
      {"vote", &Script::vote},
      {"ask", &Script::ask},
      {"question", &Script::question},
      {"reply", &Script::reply},
      {"timeout", &Script::clock},
      {"standstill", &Script::clock},
      {"heartbeat", &Script::clock},
      {"restart", &Script::restart},
      {"lose", &Script::restart},
      {"empty", &Script::restart},
      {"cut", &Script::cut},
      {"pending", &Script::pending},
      {"exchange", &Script::exchange},
      {"drop", &Script::exchange},
      {"run", &Script::run},
      {"expect", &Script::expect},
  };
  return all;
}

void Script::line(const Words& words) {
  const auto at = handlers().find(words[0]);
  hold(at != handlers().end(), "unknown command " + words[0]);
  (this->*at->second)(words);
  if (!world_) return;
  world_->listen();
  const std::optional<std::string> wrong = world_->violation();
  hold(!wrong, wrong.value_or(""));
}

World& Script::world() {
  if (!world_) {
    if (setting_.leaders.empty()) {
      for (std::uint16_t i = 0; i < setting_.validators; ++i)
        setting_.leaders.push_back(i);
    }
    world_ = std::make_unique<World>(setting_);
  }
  return *world_;
}

void Script::header(const Words& words) {
  hold(!world_, "too late for " + words[0]);
  const auto value = [&] { return number(words.size() > 1 ? words[1] : ""); };
  if (words[0] == "n") setting_.validators = value();
  if (words[0] == "epoch_blocks") setting_.epoch_blocks = static_cast<std::uint32_t>(value());
  if (words[0] == "idle") setting_.idle = true;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[0] == "byzantine") setting_.byzantine |= 1ULL << number(words[i]);
    if (words[0] == "leaders")
      setting_.leaders.push_back(static_cast<std::uint16_t>(number(words[i])));
  }
}

Node& Script::node(const std::string& word) {
  Node* found = world().node(number(word));
  hold(found != nullptr, word + " is no honest node");
  return *found;
}

std::uint16_t Script::liar() {
  for (std::uint16_t i = 0; i < setting_.validators; ++i) {
    if (!setting_.honest(i)) return i;
  }
  throw Refused{"there is no liar"};
}

std::vector<std::uint16_t> Script::all_but_one() const {
  std::vector<std::uint16_t> out;
  for (std::uint16_t i = 1; i < setting_.validators; ++i)
    out.push_back(i);
  return out;
}

std::vector<std::uint16_t> Script::nodes_after(const Words& words, const std::string& after) {
  auto at = std::ranges::find(words, after);
  std::vector<std::uint16_t> out;
  if (at == words.end()) return out;
  for (++at; at != words.end() && std::isdigit(static_cast<unsigned char>((*at)[0])) != 0; ++at)
    out.push_back(static_cast<std::uint16_t>(number(*at)));
  return out;
}

std::optional<std::string> Script::word_after(const Words& words, const std::string& after) {
  const auto at = std::ranges::find(words, after);
  if (at == words.end() || at + 1 == words.end()) return std::nullopt;
  return *(at + 1);
}

const Block& Script::block(const std::string& name) {
  const Block* found = world().block(name);
  hold(found != nullptr, "no block " + name);
  return *found;
}

Subject Script::subject(const std::string& kind, const std::string& of) {
  if (kind == "nullify" || kind == "nullification") return {kNullify, 1, number(of), {}};
  const Block& named = block(of);
  const bool notarize = kind == "notarize" || kind == "notarization";
  return {notarize ? kNotarize : kFinalize, named.epoch, named.view, named.digest};
}

// propose A view 2 on genesis [mark A]: a liar's block. Mark X: the ledgers refuse it; 0: empty; J
// and F: the views that it skips are not nullified, or by forged certificates.
void Script::propose(const Words& words) {
  hold(words.size() >= 6, "propose NAME view V on PARENT");
  const std::uint64_t view = number(word_after(words, "view").value_or(""));
  const std::string on = word_after(words, "on").value_or("");
  const char mark = word_after(words, "mark").value_or("A")[0];
  const Setting& setting = world().setting();
  const Block* parent = on == "genesis" ? nullptr : &block(on);
  Block out;
  out.closing =
      parent != nullptr && setting.epoch_blocks != 0 && parent->height % setting.epoch_blocks == 0;
  out.view = view;
  out.height = (parent == nullptr ? 0 : parent->height) + (out.closing ? 0 : 1);
  out.parent_view = parent == nullptr ? 0 : parent->view;
  out.parent = parent == nullptr ? setting.chain_id : parent->digest;
  out.leader = setting.leaders[(view - 1) % setting.leaders.size()];
  if (out.closing) out.last = parent->closing ? parent->last : parent->digest;
  const consensus::Config config = config_of(setting, 0);
  if (!out.closing && setting.epoch_blocks != 0 && out.height % setting.epoch_blocks == 0) {
    out.next_set_hash = set_hash(config.validators);
  }
  out.time_ms = (parent == nullptr ? config.genesis_time_ms : parent->time_ms) + 1;
  std::optional<Bytes> below;
  if (parent != nullptr) {
    below = world().certificate_for({kNotarize, 1, parent->view, parent->digest}, {});
    hold(below.has_value(), "there can be no notarization of " + on);
  }
  std::vector<Bytes> nullified;
  for (std::uint64_t between = out.parent_view + 1; between < view && mark != 'J'; ++between) {
    if (mark == 'F') {
      nullified.push_back(search::certificate(setting.chain_id, {kNullify, 1, between, {}},
                                              all_but_one(), setting.validators));
      nullified.back().back() ^= 1;
      continue;
    }
    std::optional<Bytes> one = world().certificate_for({kNullify, 1, between, {}}, {});
    hold(one.has_value(), numbered("there can be no nullification of ", between));
    nullified.push_back(std::move(*one));
  }
  out.justification = justification(below, nullified);
  if (out.closing) {
    out.time_ms += static_cast<std::uint64_t>(mark - 'A');
  } else {
    out.payload = mark == '0' ? Bytes(4, 0) : payload_marked(mark);
  }
  seal(setting.chain_id, out);
  world().add_block(words[1], std::move(out));
}

std::optional<std::size_t> Script::take_cut(std::size_t index) {
  const auto at = cuts_.find(index);
  if (at == cuts_.end()) return std::nullopt;
  const std::size_t records = at->second;
  cuts_.erase(at);
  return records;
}

void Script::give(const Words& words, std::uint16_t link, ByteView message) {
  const std::vector<std::uint16_t> to = nodes_after(words, "to");
  hold(!to.empty(), "to whom?");
  for (const std::uint16_t one : to)
    node(std::to_string(one)).receive(world().setting(), link, message, take_cut(one));
}

void Script::deliver(const Words& words) {
  hold(words.size() >= 4, words[0] + " NAME to NODES");
  const Block& wanted = block(words[1]);
  if (words[0] == "block") {
    give(words, liar(), block_message(wanted));
  } else {
    give(words, wanted.leader, *world().proposal(words[1]));
  }
}

void Script::certificate(const Words& words) {
  hold(words.size() >= 4, words[0] + " NAME to NODES [with SIGNERS]");
  const std::optional<Bytes> made =
      world().certificate_for(subject(words[0], words[1]), nodes_after(words, "with"));
  hold(made.has_value(), "there can be no such certificate");
  // From whoever can send: links do not matter, certificates prove themselves.
  const std::vector<std::uint16_t> to = nodes_after(words, "to");
  for (const std::uint16_t one : to) {
    const std::uint16_t link = setting_.byzantine != 0 ? liar() : one == 0 ? 1 : 0;
    node(std::to_string(one))
        .receive(world().setting(), link, certificate_message(*made), take_cut(one));
  }
}

void Script::vote(const Words& words) {
  hold(words.size() >= 7, "vote KIND NAME by NODE to NODES");
  const Subject about = subject(words[1], words[2]);
  const auto by = static_cast<std::uint16_t>(number(word_after(words, "by").value_or("")));
  hold(!setting_.honest(by) || world().signed_by(by, about), "it did not sign that");
  give(words, by, vote_message(world().setting().chain_id, about, by));
}

void Script::ask(const Words& words) {
  hold(words.size() >= 4, "ask VIEW of NODES");
  const Bytes message = ask_message(1, number(words[1]), 1, nullptr);
  for (const std::uint16_t one : nodes_after(words, "of"))
    node(std::to_string(one)).receive(world().setting(), liar(), message, take_cut(one));
}

void Script::question(const Words& words) {
  const auto by = static_cast<std::uint16_t>(number(word_after(words, "by").value_or("")));
  give(words, by, amnesia_ask(1, nonce_of(by, world().losses(by))));
}

// reply by 3 to 0 [highest 7] [proof NAME|VIEW]: an honest node's last reply, or a liar's.
void Script::reply(const Words& words) {
  const auto by = static_cast<std::uint16_t>(number(word_after(words, "by").value_or("")));
  const std::vector<std::uint16_t> to = nodes_after(words, "to");
  hold(to.size() == 1, "to whom?");
  if (setting_.honest(by)) {
    const std::optional<Bytes> message = world().last_reply(by, to[0]);
    hold(message.has_value(), "it did not reply");
    give(words, by, *message);
    return;
  }
  const std::uint64_t highest = number(word_after(words, "highest").value_or("0"));
  std::optional<Bytes> proof;
  if (const std::optional<std::string> view = word_after(words, "proof")) {
    proof = world().certificate_for({kNullify, 1, number(*view), {}}, {});
    hold(proof.has_value(), "there can be no such proof");
  }
  give(words, by,
       amnesia_reply(world().setting().chain_id, 1, nonce_of(to[0], world().losses(to[0])), by,
                     sim::node_key(to[0]), highest, proof));
}

void Script::clock(const Words& words) {
  const std::uint64_t ms = words[0] == "timeout"      ? kTimeoutMs
                           : words[0] == "standstill" ? kStandstillMs
                                                      : kHeartbeatMs;
  for (std::size_t i = 1; i < words.size(); ++i)
    node(words[i]).advance(world().setting(), ms, take_cut(number(words[i])));
}

void Script::restart(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    Node& one = node(words[i]);
    if (words[0] != "restart") world().note_loss(one.index());
    one.restart(world().setting(), words[0] == "restart" ? Node::Disk::kept
                                   : words[0] == "lose"  ? Node::Disk::lost
                                                         : Node::Disk::emptied);
  }
}

void Script::cut(const Words& words) {
  hold(words.size() == 4, "cut NODE after RECORDS");
  cuts_[node(words[1]).index()] = number(words[3]);
}

void Script::pending(const Words& words) {
  hold(words.size() >= 3, "pending COUNT NODES");
  for (std::size_t i = 2; i < words.size(); ++i)
    node(words[i]).set_pending(world().setting(), static_cast<std::uint32_t>(number(words[1])));
}

void Script::exchange(const Words& words) {
  if (words[0] == "drop") {
    world().drop_mail();
    return;
  }
  std::set<std::size_t> among;
  for (std::size_t i = 1; i < words.size(); ++i)
    among.insert(number(words[i]));
  if (among.empty()) {
    for (std::size_t i = 0; i < setting_.validators; ++i)
      among.insert(i);
  }
  world().exchange(among);
}

// run K: K times, everything is exchanged and every clock goes on by a standstill.
void Script::run(const Words& words) {
  hold(words.size() == 2, "run ROUNDS");
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < setting_.validators; ++i)
    all.insert(i);
  for (std::uint64_t round = number(words[1]); round-- != 0;) {
    world().exchange(all);
    for (const std::size_t one : all) {
      if (Node* here = world().node(one)) here->advance(world().setting(), kStandstillMs);
    }
    world().listen();
    world().exchange(all);
  }
}

void Script::expect(const Words& words) {
  hold(words.size() >= 2, "expect what?");
  const std::string& what = words[1];
  const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
  if (what == "final") return expect_final(words);
  if (what == "signed") return expect_signed(words, true);
  if (what == "unsigned") return expect_signed(words, false);
  if (what == "progress") return expect_progress(words);
  if (what == "view") {
    const std::uint64_t view = node(word(2)).replica().view();
    return hold(view == number(word(3)), numbered("it is in view ", view));
  }
  if (what == "height") {
    const std::uint64_t height = node(word(2)).replica().last_final().height;
    return hold(height == number(word(3)), numbered("its height is ", height));
  }
  if (what == "epoch") {
    const std::uint64_t epoch = node(word(2)).epochs_ended() + 1;
    return hold(epoch == number(word(3)), numbered("it is in epoch ", epoch));
  }
  if (what == "amnesic") return hold(node(word(2)).replica().amnesic(), "it is not amnesic");
  if (what == "sane") return hold(!node(word(2)).replica().amnesic(), "it is amnesic");
  if (what == "accused") return hold(world().accused(number(word(2))), "nobody accused it");
  if (what == "agreement") return;  // after every line
  throw Refused{"unknown expectation " + what};
}

void Script::expect_final(const Words& words) {
  hold(words.size() == 4, "expect final NODE NAME");
  const consensus::Replica& replica = node(words[2]).replica();
  const Digest digest = words[3] == "genesis" ? world().setting().chain_id : block(words[3]).digest;
  hold(replica.last_final().digest == digest,
       numbered("its last final block is another, of view ", replica.last_final().view));
}

void Script::expect_signed(const Words& words, bool wanted) {
  hold(words.size() == 5, "expect signed NODE KIND NAME");
  const Subject about = subject(words[3], words[4]);
  hold(world().signed_by(number(words[2]), about) == wanted,
       wanted ? "it did not sign that" : "it signed that");
}

// expect progress [K]: the honest nodes by themselves have a new final block within K standstills.
void Script::expect_progress(const Words& words) {
  const std::uint64_t ms =
      (words.size() == 3 ? number(words[2]) : kStandstillsMax) * std::uint64_t{kStandstillMs};
  hold(ms_until_progress(world().setting(), world().honest_nodes(), ms) < ms,
       "the chain stands still");
}

}  // namespace

namespace {

std::optional<ScriptFailure> run_lines(std::string_view text, Script& script) {
  std::istringstream lines{std::string(text)};
  std::string line;
  for (std::size_t count = 1; std::getline(lines, line); ++count) {
    std::istringstream in(line.substr(0, line.find('#')));
    Words words;
    for (std::string word; in >> word;)
      words.push_back(word);
    if (words.empty()) continue;
    try {
      script.line(words);
    } catch (const Refused& refused) {
      return ScriptFailure{count, line + ": " + refused.what};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ScriptFailure> run_script(std::string_view text) {
  Script script;
  return run_lines(text, script);
}

std::unique_ptr<World> world_after(std::string_view text) {
  Script script;
  if (run_lines(text, script)) return nullptr;
  return script.take_world();
}

}  // namespace chopmark::search
