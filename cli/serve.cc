// `chatgate serve`: a flag for every key of the configuration that has one, and the server itself.

#include <algorithm>
#include <string_view>

#include "cli/commands.h"
#include "server/server.h"

namespace chatgate {
namespace {

struct ServeOptions {
  ConfigFlags flags;
  bool takes_over = false;
};

std::string with_dashes(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

// The table's help is Markdown, for the README.
std::string plain(std::string help) {
  std::erase(help, '`');
  return help;
}

std::string type_name_of(const ConfigKey& key) {
  if (key.type == "bytes") return "SIZE";
  if (key.type == "duration") return "TIME";
  if (key.type == "integer") return "N";
  if (key.type == "decimal") return "NUMBER";
  if (key.type == "list") return "LIST";
  if (key.type == "object") return "NAME=VALUE,...";
  for (const std::string_view name : {"access_log", "tls_cert", "tls_key", "tls_client_ca"}) {
    if (key.name == name) return "FILE";
  }
  if (key.name.ends_with("_file")) return "FILE";
  return "TEXT";
}

// What completion offers for the keys that take one of a few words.
std::string words_of(const ConfigKey& key) {
  if (key.type == "boolean") return "true,false";
  if (key.name == "abort_policy") return "cancel,drain";
  if (key.name == "log_level") return "debug,info,warn,error";
  if (key.name == "log_format") return "text,json";
  if (key.name == "tls_client_auth") return "off,optional,required";
  if (key.name == "language") return "en,zh_CN,zh_TW,ru_RU";
  if (key.name == "conversations") return "database,memory";
  return "";
}

void add_flag_for(CLI::App& verb, const ConfigKey& key, ServeOptions& options) {
  const std::string shown_default = key.default_text.empty() ? "" : " [" + key.default_text + "]";
  const std::string help = plain(key.help) + shown_default;
  if (key.type == "boolean") {
    // Without a value the option says "true"; CLI11 hands an empty text over.
    verb.add_option_function<std::string>(
            with_dashes(key.name),
            [&options, name = key.name](const std::string& text) {
              options.flags[name] = text.empty() ? "true" : text;
            },
            help)
        ->expected(0, 1)
        ->type_name("[BOOLEAN]")
        ->check(offers(words_of(key)));
    return;
  }
  auto* option = verb.add_option_function<std::string>(
      with_dashes(key.name),
      [&options, name = key.name](const std::string& text) { options.flags[name] = text; }, help);
  option->type_name(type_name_of(key));
  if (!words_of(key).empty()) option->check(offers(words_of(key)));
}

// Taken only to be refused with a reason: load_config says why.
void add_refused_flag(CLI::App& verb, const ConfigKey& key, ServeOptions& options) {
  verb.add_option_function<std::string>(
          with_dashes(key.name),
          [&options, name = key.name](const std::string& text) { options.flags[name] = text; })
      ->group("");
}

Result<int> run_serve(const ServeOptions& options, Context& context) {
  ConfigFlags flags = options.flags;
  flags.merge(context.flags());
  return run_server(context.config_file, flags, options.takes_over);
}

}  // namespace

void register_serve(CLI::App& app, Context& context) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* verb = add_verb(app, "serve", "run the gateway",
                            "  chatgate serve\n"
                            "  OPENAI_API_KEY=sk-... chatgate serve --listen 0.0.0.0:8080\n"
                            "  chatgate serve --upstream-url http://127.0.0.1:11434 --db books.db");
  for (const auto& key : config_keys()) {
    if (key.name == "db") continue;  // a global option
    if (key.is_secret || key.file_only) {
      add_refused_flag(*verb, key, *options);
    } else {
      add_flag_for(*verb, key, *options);
    }
  }
  verb->add_flag("--takeover", options->takes_over,
                 "take the place of the gateway that serves the database, if there is one: it "
                 "finishes its requests, and none is lost");
  verb->callback([options, &context] {
    context.action = [options, &context] { return run_serve(*options, context); };
  });
}

}  // namespace chatgate
