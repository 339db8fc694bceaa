// What the system says of this process, by the names under which every Prometheus client publishes
// it. Reads a few files of /proc: not for an event loop's thread.
#pragma once

#include "server/admin/metric_families.h"

namespace chatgate {

void collect_process_figures(FamilyList& families);

}  // namespace chatgate
