// The peers in C++. boost.json is compiled here, with the options that Sabre is compiled with.
#include <rapidjson/document.h>
#include <simdjson.h>

#include <boost/json/src.hpp>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "tests/bench/clone/documents.h"
#include "tests/bench/clone/measures.h"

namespace sabre::bench {

void AddPeers(Measures& measures, const std::string& json) {
  // A new resource each round, and both sides' copies are freed within it.
  const auto document = std::make_shared<boost::json::value>(boost::json::parse(json));
  measures["boost copy"] = [document] {
    return Time(40, [&] {
      boost::json::monotonic_resource resource;
      const boost::json::value copy(*document, &resource);
      Keep(copy);
    });
  };

  const auto tree = std::make_shared<rapidjson::Document>();
  tree->Parse(json.c_str());
  if (tree->HasParseError()) Give("rapidjson cannot read the document");
  measures["rapidjson copy"] = [tree] {
    return Time(60, [&] {
      rapidjson::Document copy;
      copy.CopyFrom(*tree, copy.GetAllocator());
      Keep(copy);
    });
  };

  // The parser and its memory are used again, as simdjson's authors advise.
  const auto parser = std::make_shared<simdjson::dom::parser>();
  const auto text = std::make_shared<simdjson::padded_string>(json);
  measures["simdjson parse"] = [parser, text] {
    return Time(40, [&] {
      simdjson::dom::element parsed;
      if (parser->parse(*text).get(parsed) != simdjson::SUCCESS) Give("simdjson fails");
      Keep(parsed);
    });
  };
  measures["simdjson parse anew"] = [text] {
    return Time(40, [&] {
      simdjson::dom::parser fresh;
      simdjson::dom::element parsed;
      if (fresh.parse(*text).get(parsed) != simdjson::SUCCESS) Give("simdjson fails");
      Keep(parsed);
    });
  };

  const auto source = std::make_shared<std::string>(kFloatBytes, 'x');
  measures["memcpy floats"] = [source] {
    return Time(60, [&] {
      void* const copy = std::malloc(kFloatBytes);
      if (copy == nullptr) Give("no memory");
      std::memcpy(copy, source->data(), kFloatBytes);
      Keep(*static_cast<char*>(copy));
      std::free(copy);
    });
  };
}

}  // namespace sabre::bench
