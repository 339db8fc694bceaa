#include "cli/db/facts.h"

#include "common/text/quantity.h"

namespace chatgate {

Cell bytes_cell(int64_t bytes) { return {bytes, format_count(bytes) + "B"}; }

Table table_of_facts(const DatabaseFacts& facts) {
  return {{{"path", "PATH"},
           {"schema_version", "SCHEMA VERSION", true},
           {"bytes", "SIZE", true},
           {"page_bytes", "PAGE SIZE", true},
           {"pages", "PAGES", true},
           {"free_pages", "FREE PAGES", true},
           {"log_bytes", "LOG SIZE", true}},
          {{text_cell(facts.path), number_cell(facts.schema_version), bytes_cell(facts.bytes()),
            number_cell(facts.page_bytes), number_cell(facts.pages), number_cell(facts.free_pages),
            bytes_cell(facts.log_bytes)}}};
}

}  // namespace chatgate
