# A damped wave: change the numbers, press Reset to have them back.
plot(sin(3*x) * exp(-x/4), (x, 0, 12), fill=True)
