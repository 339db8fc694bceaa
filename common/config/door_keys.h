// The part of the configuration's table that is about the front doors. Internal to common/config.
#pragma once

#include <vector>

#include "common/config/config_row.h"

namespace chatgate {

void add_door_rows(std::vector<ConfigRow>& rows);   // what the doors are and how they behave
void add_guard_rows(std::vector<ConfigRow>& rows);  // who may come in

}  // namespace chatgate
