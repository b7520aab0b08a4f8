#pragma once

// Catch2, version 2 or 3.
#if __has_include(<catch2/catch_all.hpp>)
#  include <catch2/catch_all.hpp>
#else
#  include <catch2/catch.hpp>
#endif

#include <concepts>

#include "sluice/error.hpp"

/// How a failed check shows a result.
template <class T, std::derived_from<sluice::error> E>
struct Catch::StringMaker<boost::system::result<T, E>> {
  static std::string convert(const boost::system::result<T, E>& r) {
    return r ? "a value" : sluice::to_string(r.error());
  }
};
