/* Tests of the linked list. */
#include <whiply/list.h>

#include "base/testing.h"

struct thing {
	int n;
	struct wh_list link;
};

static void
list_expect(const struct wh_list *head, const char *numbers)
{
	WH_LIST_EACH(l, head) {
		assert_int_equal(WH_CONTAINER(l, struct thing, link)->n, *numbers - '0');
		assert_ptr_equal(l->next->prev, l);
		numbers++;
	}
	assert_int_equal(*numbers, '\0');
}

static void
list_fill(struct wh_list *head, struct thing *things, int n)
{
	wh_list_init(head);
	for (int i = 0; i < n; i++) {
		things[i].n = i;
		wh_list_add_last(head, &things[i].link);
	}
}

static void
order_is_kept_at_both_ends(void **state)
{
	struct thing t[4];
	struct wh_list head;

	(void)state;
	list_fill(&head, t, 3);
	t[3].n = 9;
	wh_list_add_first(&head, &t[3].link);
	list_expect(&head, "9012");
	assert_ptr_equal(wh_list_first(&head), &t[3].link);
	assert_ptr_equal(wh_list_last(&head), &t[2].link);
}

static void
leaving_twice_is_harmless(void **state)
{
	struct thing t[3];
	struct wh_list head;

	(void)state;
	list_fill(&head, t, 3);
	wh_list_remove(&t[1].link);
	assert_true(wh_list_empty(&t[1].link));
	wh_list_remove(&t[1].link);
	list_expect(&head, "02");
	wh_list_remove(&t[0].link);
	wh_list_remove(&t[2].link);
	assert_true(wh_list_empty(&head));
	assert_null(wh_list_first(&head));
	assert_null(wh_list_last(&head));
}

static void
the_current_link_may_leave_while_running_over(void **state)
{
	struct thing t[5];
	struct wh_list head;

	(void)state;
	list_fill(&head, t, 5);
	WH_LIST_EACH(l, &head)
		if (WH_CONTAINER(l, struct thing, link)->n % 2 == 0)
			wh_list_remove(l);
	list_expect(&head, "13");
}

static void
joining_appends_and_empties_the_other(void **state)
{
	struct thing a[2], b[2];
	struct wh_list to, from;

	(void)state;
	list_fill(&to, a, 2);
	list_fill(&from, b, 2);
	wh_list_join(&to, &from);
	list_expect(&to, "0101");
	assert_true(wh_list_empty(&from));
	wh_list_join(&to, &from);
	list_expect(&to, "0101");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_kept_at_both_ends),
		cmocka_unit_test(leaving_twice_is_harmless),
		cmocka_unit_test(the_current_link_may_leave_while_running_over),
		cmocka_unit_test(joining_appends_and_empties_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
