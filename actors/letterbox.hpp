#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/port.hpp"

namespace sluice {

/// What threads that are no actors have for one. It is told of the first item, and takes all that have gathered by
/// then: a message costs more than an item. Any thread.
template <class Handle, class Item, class Notice>
class letterbox {
public:
  explicit letterbox(std::shared_ptr<port<Handle>> owner) : owner_{std::move(owner)} {}

  void put(Item item) {
    bool is_first = false;
    {
      std::lock_guard guard{mutex_};
      is_first = items_.empty();
      items_.push_back(std::move(item));
    }
    if (is_first)
      owner_->send(Notice{});
  }

  std::vector<Item> take() {
    std::lock_guard guard{mutex_};
    return std::exchange(items_, {});
  }

private:
  const std::shared_ptr<port<Handle>> owner_;
  std::mutex mutex_;
  std::vector<Item> items_;
};

} // namespace sluice
