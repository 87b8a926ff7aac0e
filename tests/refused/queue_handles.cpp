// Two users of a single end of a queue.
#include "queue/dense.hpp"
#include "queue/queue.hpp"

using tally::queue::Users;

void use(const tally::queue::Producer<int, Users::one>& producer,
         const tally::queue::Consumer<int, Users::one>& consumer,
         const tally::queue::Producer<int, Users::many>& shared,
         const tally::queue::DenseProducer<int>& dense) {
  auto allowed = shared.clone();
  auto claim = allowed.claim(1);
#if defined(SECOND_PRODUCER)
  auto refused = producer.clone();
#elif defined(SECOND_CONSUMER)
  auto refused = consumer.clone();
#elif defined(COPIED_PRODUCER)
  auto refused = shared;
#elif defined(COPIED_CONSUMER)
  auto refused = consumer;
#elif defined(COPIED_DENSE)
  auto refused = dense;
#elif defined(COPIED_CLAIM)
  auto refused = claim;
#endif
  static_cast<void>(producer.capacity() + consumer.capacity() + dense.capacity() + claim.size());
}
