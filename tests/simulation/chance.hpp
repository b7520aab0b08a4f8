#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

namespace sluice::test {

/// Everything that chance decides comes from here, and with it from the seed.
class chance {
public:
  explicit chance(std::uint64_t seed) : random_{seed} {}

  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : random_() % n; }
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  /// True in so many of a hundred cases.
  bool percent(unsigned of_100) { return below(100) < of_100; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(choices.size())];
  }

private:
  std::mt19937_64 random_;
};

} // namespace sluice::test
