#include "common/store/sqlite/sqlite_store.h"
namespace chatgate::sqlite {
Result<std::vector<Discrepancy>> SqliteStore::verify_books() { return std::vector<Discrepancy>{}; }
}
