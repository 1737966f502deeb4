#include "capture/compare/edit_script.h"

#include <algorithm>
#include <limits>

#include "capture/compare/fields.h"

namespace halfopen::compare {
namespace {

constexpr int kExactCost = 0;
constexpr int kPiecesCost = 1;   // an ordinary pair is preferred
constexpr int kSwappedCost = 8;  // cheaper than a missing and an extra packet
constexpr std::size_t kMostPieces = 64;

const TraceEvent* at(const std::deque<TraceEvent>& events, std::size_t i) {
  return i < events.size() ? &events[i] : nullptr;
}

bool carries_data(const TraceEvent& event) {
  return event.stream != Stream::icmp && event.payload() > 0 && !event.has(tcp_flag::syn) &&
         !event.has(tcp_flag::rst);
}

std::uint32_t end_of(const TraceEvent& event) { return event.flow.seq + event.payload(); }

class Search {
 public:
  Search(const std::deque<TraceEvent>& a, const std::deque<TraceEvent>& b, std::size_t window,
         bool to_the_end)
      : a_{a},
        b_{b},
        rows_{std::min(a.size(), window)},
        columns_{std::min(b.size(), window)},
        to_the_end_{to_the_end && rows_ == a.size() && columns_ == b.size()},
        cells_((rows_ + 1) * (columns_ + 1)) {}

  std::vector<Edit> run() {
    cell(0, 0).cost = 0;
    for (std::size_t i = 0; i <= rows_; ++i) {
      for (std::size_t j = 0; j <= columns_; ++j) relax_from(i, j);
    }
    return trace_back();
  }

 private:
  struct Cell {
    int cost = std::numeric_limits<int>::max();
    Edit by;
  };
  Cell& cell(std::size_t i, std::size_t j) { return cells_[i * (columns_ + 1) + j]; }

  [[nodiscard]] bool is_exact(std::size_t i, std::size_t j) const {
    return is_same_step(a_[i], at(a_, i + 1), b_[j], at(b_, j + 1));
  }

  void relax(std::size_t i, std::size_t j, int cost, Edit by) {
    if (i > rows_ || j > columns_) return;
    Cell& target = cell(i, j);
    if (cost < target.cost) target = {cost, by};
  }

  void relax_from(std::size_t i, std::size_t j) {
    const int cost = cell(i, j).cost;
    if (i < rows_ && j < columns_) relax_pairs(i, j, cost);
    if (i < rows_) relax(i + 1, j, cost + kGapCost, {Edit::What::missing, 1, 0, false});
    if (j < columns_) relax(i, j + 1, cost + kGapCost, {Edit::What::extra, 0, 1, false});
  }

  void relax_pairs(std::size_t i, std::size_t j, int cost) {
    if (is_exact(i, j)) {
      relax(i + 1, j + 1, cost + kExactCost, {Edit::What::match, 1, 1, true});
      return;
    }
    const Pieces pieces = same_data(a_, i, b_, j);
    if (pieces.a + pieces.b > 2) {
      relax(i + pieces.a, j + pieces.b, cost + kPiecesCost,
            {Edit::What::match, static_cast<std::uint16_t>(pieces.a), static_cast<std::uint16_t>(pieces.b),
             true});
    }
    if (i + 1 < rows_ && j + 1 < columns_ && is_exact(i, j + 1) && is_exact(i + 1, j)) {
      relax(i + 2, j + 2, cost + kSwappedCost, {Edit::What::swapped, 2, 2, false});
    }
    const int unlike = dissimilarity(a_[i], at(a_, i + 1), b_[j], at(b_, j + 1));
    if (unlike < kUnrelated) relax(i + 1, j + 1, cost + unlike, {Edit::What::match, 1, 1, false});
  }

  std::vector<Edit> trace_back() {
    std::size_t i = rows_;
    std::size_t j = columns_;
    if (!to_the_end_) best_frontier(i, j);
    std::vector<Edit> edits;
    while (i + j > 0) {
      const Edit by = cell(i, j).by;
      edits.push_back(by);
      i -= by.a;
      j -= by.b;
    }
    std::ranges::reverse(edits);
    return edits;
  }

  // Where one side is used up, the rest of the other may still find partners: the cheapest such place, of
  // equally cheap ones the farthest.
  void best_frontier(std::size_t& i, std::size_t& j) {
    int least = std::numeric_limits<int>::max();
    const auto consider = [&](std::size_t row, std::size_t column) {
      const int cost = cell(row, column).cost;
      if (cost > least || (cost == least && row + column <= i + j)) return;
      least = cost;
      i = row;
      j = column;
    };
    i = j = 0;
    for (std::size_t row = 0; row <= rows_; ++row) consider(row, columns_);
    for (std::size_t column = 0; column <= columns_; ++column) consider(rows_, column);
  }

  const std::deque<TraceEvent>& a_;
  const std::deque<TraceEvent>& b_;
  std::size_t rows_;
  std::size_t columns_;
  bool to_the_end_;
  std::vector<Cell> cells_;
};

}  // namespace

Pieces same_data(const std::deque<TraceEvent>& a, std::size_t from_a, const std::deque<TraceEvent>& b,
                 std::size_t from_b, bool* ran_out) {
  const TraceEvent& x = a[from_a];
  const TraceEvent& y = b[from_b];
  if (!carries_data(x) || !carries_data(y) || x.flow.seq != y.flow.seq) return {};
  std::size_t count_a = 1;
  std::size_t count_b = 1;
  std::uint32_t end_a = end_of(x);
  std::uint32_t end_b = end_of(y);
  while (end_a != end_b) {
    const bool take_a = end_a < end_b;
    const auto& events = take_a ? a : b;
    const std::size_t next = take_a ? from_a + count_a : from_b + count_b;
    if (next >= events.size()) {
      if (ran_out != nullptr) *ran_out = true;
      return {};
    }
    std::uint32_t& end = take_a ? end_a : end_b;
    const TraceEvent& piece = events[next];
    if (!carries_data(piece) || piece.flow.seq != end || count_a + count_b >= kMostPieces) return {};
    end = end_of(piece);
    ++(take_a ? count_a : count_b);
  }
  const bool fin_a = a[from_a + count_a - 1].has(tcp_flag::fin);
  const bool fin_b = b[from_b + count_b - 1].has(tcp_flag::fin);
  return fin_a == fin_b ? Pieces{count_a, count_b} : Pieces{};
}

std::vector<Edit> cheapest_edits(const std::deque<TraceEvent>& a, const std::deque<TraceEvent>& b,
                                 std::size_t window, bool to_the_end) {
  return Search{a, b, window, to_the_end}.run();
}

}  // namespace halfopen::compare
