from canary.plots.chart import Chart, Ink, Line, Mark, Panel


def a_chart(title: str = "reviews & ratings", **panel) -> Chart:
    weight = Line(name="canary", ink=Ink.GREY, points=((0, 0), (60, 50), (120, 50)), stairs=True)
    bound = Line(name="<bound>", ink=Ink.RED, points=((0, 40), (120, 40)), dashed=True)
    panels = (
        Panel(title="Weight", lines=(weight,), unit=" %", top=100, **panel),
        Panel(title="Evidence", lines=(bound,), logarithmic=True),
    )
    return Chart(title=title, panels=panels, marks=(Mark(at=119, label="rolled back"), Mark(at=10, label="first sign")))
