#include "support/catch.hpp"

#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"

using namespace sluice;

TEST_CASE("an edited batch has a new id that names the old one, in its partition", "[core][batch id]") {
  for (const auto& [old, edited] : std::vector<std::pair<std::string, std::string>>{
           {"a-17", "a-17.e1"},
           {"a-17.e1", "a-17.e2"},
           {"a-17.e9", "a-17.e10"},
           {"a-17.e4294967295", "a-17.e4294967296"},
           {"a-17.e4294967296", "a-17.e4294967296.e1"}, // no process gets there, but a store may hold anything
           {"a-17.0", "a-17.0.e1"},
           {"a-17.e1.0", "a-17.e1.0.e1"},
           {"a-17.0-5", "a-17.0-5.e1"},
           {"a-17.e1-5", "a-17.e1-5.e1"},
           {"a-17.e", "a-17.e.e1"},
           {"a-17.e1x", "a-17.e1x.e1"},
           {"nobody", "nobody.e1"}}) {
    CHECK(edited_batch_id(old) == edited);
    CHECK(is_batch_id(edited));
    CHECK(root_of(edited) == root_of(old));
    for (const std::size_t partitions : {1, 2, 7, 256})
      CHECK(partition_of(edited, partitions) == partition_of(old, partitions));
  }
}
