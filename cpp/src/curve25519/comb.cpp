// SPDX-License-Identifier: Apache-2.0
#include "curve25519/comb.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace chopmark::curve25519 {
namespace {

/// Brings every z to 1, with one inversion for all. None is zero.
void normalize(std::vector<Point>& points) {
  std::vector<Fe> before(points.size());
  Fe all = kOne;
  for (std::size_t i = 0; i < points.size(); ++i) {
    before[i] = all;
    all = mul(all, points[i].z);
  }
  Fe inverse = invert(all);
  for (std::size_t i = points.size(); i-- != 0;) {
    Point& p = points[i];
    const Fe own = mul(inverse, before[i]);
    inverse = mul(inverse, p.z);
    p.x = mul(p.x, own);
    p.y = mul(p.y, own);
    p.z = kOne;
    p.t = mul(p.x, p.y);
  }
}

/// The table of the base point, from `kept` if it is there. Not a static local: in a process that
/// was forked while another thread made it, that would stay locked. Threads that ask at the same
/// time each make one; the first to finish is kept.
const Niels* keep(std::atomic<const Niels*>& kept, unsigned bits, unsigned windows) {
  const Niels* table = kept.load(std::memory_order_acquire);
  if (table != nullptr) return table;
  auto made = std::make_unique<Niels[]>(windows * ((std::size_t{1} << (bits - 1)) + 1));
  make_comb(made.get(), to_point(kBaseTable[1]), bits, windows);
  if (!kept.compare_exchange_strong(table, made.get(), std::memory_order_acq_rel)) return table;
  return made.release();
}

}  // namespace

void make_comb(Niels* table, const Point& p, unsigned bits, unsigned windows) {
  std::vector<Point> points;
  const std::size_t last = std::size_t{1} << (bits - 1);
  points.reserve(windows * (last + 1));
  Point base = p;
  for (unsigned j = 0; j < windows; ++j) {
    const Cached step = to_cached(base);
    points.emplace_back();
    for (std::size_t d = 1; d <= last; ++d)
      points.push_back(to_point(add(points.back(), step)));
    base = to_point(doubled(points.back()));  // 2 * 2^(bits-1) times
  }
  normalize(points);
  for (std::size_t i = 0; i < points.size(); ++i)
    table[i] = to_niels(points[i]);
}

const Niels* base_comb() {
  static std::atomic<const Niels*> kept{nullptr};
  return keep(kept, BaseComb::kBits, BaseComb::kWindows);
}

const Niels* base_window() {
  static std::atomic<const Niels*> kept{nullptr};
  return keep(kept, BaseWindow::kBits, 1);
}

}  // namespace chopmark::curve25519
