// Who owns the files that root makes.
#pragma once

#include <sys/types.h>

#include <string>

namespace chatgate::sqlite {

// Whether a file of this owner may be what an earlier process of this user has left, in the way of
// give_to_owner_of.
bool may_be_own(uid_t owner, const std::string& like);

// For root: gives the open file, new at `path`, to the owner of `like`, a file in the same folder,
// or else of the folder, so that the gateway's own user can use what root has made for it. A file
// that is reached through a link, or that has other names, stays root's. Others do nothing.
void give_to_owner_of(const std::string& like, int file, const std::string& path);

}  // namespace chatgate::sqlite
